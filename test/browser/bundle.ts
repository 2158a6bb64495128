import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';

/** Packages that only Node has; `initBackend` asks for them on demand. */
const nodeOnly = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu', '@tensorflow/tfjs-backend-webgpu'];

/** The contract tables and what runs them, as one script for a page that has mocha, to be run on `backend`. */
export async function bundleContracts(root: string, folder: string, backend: string): Promise<string> {
  const specs = readdirSync(join(root, folder), {recursive: true})
    .map(String)
    .filter((name) => name.endsWith('.test.ts'));
  if (specs.length === 0) throw new Error(`no *.test.ts in ${folder}`);
  const {outputFiles} = await build({
    stdin: {
      contents: [
        "export {runSpecs} from './test/browser/page.ts';",
        ...specs.sort().map((name) => `import './${join(folder, name)}';`),
      ].join('\n'),
      resolveDir: root,
      sourcefile: 'browser-contracts.ts',
    },
    bundle: true,
    format: 'iife',
    globalName: 'contracts',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@tfjs-bayes/source'],
    external: nodeOnly,
    define: {'process.env.TFJS_BAYES_BACKEND': JSON.stringify(backend)},
    // Specs are imported for what they do; the package's sideEffects list knows only what it publishes.
    ignoreAnnotations: true,
    logLevel: 'warning',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
