import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** One ```ts block of a page or a docstring. */
export interface Snippet {
  /** File it stands in, relative to the project. */
  readonly source: string;
  /** Line of its first line of code in that file, from 1. */
  readonly line: number;
  readonly code: string;
}

const folders = ['docs', 'src', 'laplace', 'layers', 'ensembles', 'inference'];

/** The ```ts blocks of a text: whatever stands before the fence, be it blanks or the star of a docstring, is cut off every line. */
export function snippetsOf(source: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fence = /^([ *]*)```ts\s*$/.exec(lines[i] as string);
    if (fence === null) continue;
    const prefix = fence[1] as string;
    const start = i + 1;
    const code: string[] = [];
    for (i++; (lines[i] ?? '').trimEnd() !== `${prefix}\`\`\``; i++) {
      const line = lines[i];
      if (line === undefined) throw new Error(`${source}:${start}: this block of ts is never closed`);
      code.push(line.startsWith(prefix) ? line.slice(prefix.length) : '');
    }
    snippets.push({source, line: start + 1, code: code.join('\n')});
  }
  return snippets;
}

/** Every snippet of the README, the pages and the docstrings. */
export function allSnippets(root: string): Snippet[] {
  const inFolders = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), {recursive: true}).map((name) => join(folder, String(name))))
    .filter((file) => /^docs\/[^/]+\.md$|^(?!docs).*\.ts$/.test(file));
  return ['README.md', ...inFolders.sort()].flatMap((file) => snippetsOf(file, readFileSync(join(root, file), 'utf8')));
}

/** Writes each snippet as a module of its own, on the lines on which it stands in its source; returns the paths in order. */
export function writeModules(snippets: readonly Snippet[], folder: string): string[] {
  return snippets.map(({source, line, code}) => {
    const path = join(folder, `${source.replace(/\.(ts|md)$/, '')}-${line}.ts`);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
    return path;
  });
}
