import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {inspect} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import ts from 'typescript';
import {allSnippets, snippetsOf, writeModules} from './snippets.ts';

const root = join(import.meta.dirname, '../..');
const snippets = allSnippets(root);
// Inside the project, so that examples import it by its name; in a folder of this run's own.
const folder = join(root, '.examples', String(process.pid));
const modules = writeModules(snippets, folder);
const title = ({source, line}: {source: string; line: number}) => `${source}:${line}`;

/** Runs a module; returns what it logged, so that examples do not clutter the report. */
async function run(path: string): Promise<string> {
  const methods = ['log', 'info', 'warn', 'error', 'table'] as const;
  const originals = methods.map((method) => console[method]);
  const logged: string[] = [];
  for (const method of methods) {
    console[method] = (...values: unknown[]) => logged.push(values.map((value) => inspect(value)).join(' '));
  }
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.stack : error}\nlogged before: ${logged.join('\n')}`);
  } finally {
    methods.forEach((method, i) => {
      console[method] = originals[i] as typeof console.log;
    });
  }
  return logged.join('\n');
}

describe('the examples in README, docs and docstrings', () => {
  after(() => rmSync(folder, {recursive: true, force: true}));

  it('are found: blocks of ts with their lines, in pages and in docstrings', () => {
    const page = ['# Title', '```ts', 'const a = 1;', '', 'a;', '```', '```sh', 'ls', '```'].join('\n');
    expect(snippetsOf('page.md', page)).to.deep.equal([{source: 'page.md', line: 3, code: 'const a = 1;\n\na;'}]);
    const docstring = ['/**', ' * ```ts', ' * if (a) {', ' *', ' *   b;', ' * }', ' * ```', ' */'].join('\n');
    expect(snippetsOf('a.ts', docstring)).to.deep.equal([{source: 'a.ts', line: 3, code: 'if (a) {\n\n  b;\n}'}]);
    expect(() => snippetsOf('page.md', '```ts\nconst a = 1;')).to.throw('page.md:1');
    expect(snippets.some(({source}) => source === 'README.md')).to.equal(true);
    expect(snippets.some(({source}) => source.startsWith('src/'))).to.equal(true);
  });

  it('have the right types', () => {
    const file = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const {options} = ts.parseJsonConfigFileContent(file.config, ts.sys, root);
    const program = ts.createProgram(modules, {...options, noUnusedLocals: false, noUnusedParameters: false});
    const faults = modules.flatMap((path, i) => {
      const source = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      const {source: name} = snippets[i] as (typeof snippets)[number];
      return found.map(({start = 0, messageText}) => {
        const line = source === undefined ? 0 : source.getLineAndCharacterOfPosition(start).line + 1;
        return `${name}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
    });
    expect(faults).to.deep.equal([]);
  });

  describe('run in a TensorFlow.js without a backend, as they do where they are pasted', () => {
    beforeEach(() => tf.engine().reset());

    after(async () => {
      tf.engine().reset();
      await tf.setBackend('wasm');
    });

    it('would fail if they made a tensor before they chose a backend', () => {
      expect(() => tf.zeros([1])).to.throw(/backend/);
    });

    snippets.forEach((snippet, i) => {
      it(title(snippet), async () => {
        await run(modules[i] as string);
      });
    });
  });
});
