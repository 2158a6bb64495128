import {gzipSync} from 'node:zlib';
import {build, type Metafile} from 'esbuild';

/** What a bundler makes of some lines of a user's program for browsers, with tfjs left out. */
export interface Bundle {
  /** Bytes that load at once: the program and the chunks that it imports, minified and gzipped. */
  readonly eager: number;
  /** Bytes that load when a call needs them. */
  readonly lazy: number;
  /** Every module that the bundler met, also those that tree-shaking left out again. */
  readonly modules: readonly string[];
  /** Every import of tfjs that the bundler met. */
  readonly tfjs: readonly string[];
}

/** Bundles a program that stands in `folder`; a built-in module of Node, or a package that is not there, is an error. */
export async function bundle(folder: string, program: string): Promise<Bundle> {
  const {metafile, outputFiles} = await build({
    stdin: {contents: program, resolveDir: folder},
    absWorkingDir: folder,
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*', 'webgpu'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const sizes = new Map(outputFiles.map(({path, contents}) => [path, gzipSync(contents).length]));
  const bytes = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + (sizes.get(`${folder}/${name}`) ?? 0), 0);
  const start = Object.keys(metafile.outputs).find((name) => metafile.outputs[name]?.entryPoint === '<stdin>') ?? '';
  const eager = reached(metafile, start, ['import-statement']);
  const all = reached(metafile, start, ['import-statement', 'dynamic-import']);
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({path}) => path));
  return {
    eager: bytes(eager),
    lazy: bytes(all) - bytes(eager),
    modules: Object.keys(metafile.inputs),
    tfjs: [...new Set(imports.filter((path) => path.startsWith('@tensorflow/')))],
  };
}

/** The chunks that `from` leads to by such imports. */
function reached(metafile: Metafile, from: string, kinds: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const {path, kind, external} of metafile.outputs[name]?.imports ?? []) {
      if (external !== true && kinds.includes(kind)) visit(path);
    }
  };
  visit(from);
  return seen;
}
