import {copyFileSync} from 'node:fs';
import {join} from 'node:path';
import * as esbuild from 'esbuild';
import {defaultClientConditions, build as viteBuild} from 'vite';

const apps = join(import.meta.dirname, '../../docs/examples/apps');
const SOURCE = '@tfjs-bayes/source';

/** How each page is built into a folder that any web server can serve: as its first lines say, with the package's sources. */
export const builds: Readonly<Record<string, (name: string, folder: string) => Promise<void>>> = {
  'vite-app': withVite,
  worker: withVite,
  'script-module': withEsbuild,
};

async function withVite(name: string, folder: string): Promise<void> {
  await viteBuild({
    root: join(apps, name),
    base: './',
    logLevel: 'error',
    resolve: {conditions: [SOURCE, ...defaultClientConditions]},
    build: {outDir: folder, emptyOutDir: true},
  });
}

async function withEsbuild(name: string, folder: string): Promise<void> {
  await esbuild.build({
    entryPoints: [join(apps, name, 'bundle.js')],
    bundle: true,
    format: 'esm',
    minify: true,
    outfile: join(folder, 'tfjs-bayes.js'),
    conditions: [SOURCE],
    logLevel: 'error',
  });
  copyFileSync(join(apps, name, 'index.html'), join(folder, 'index.html'));
}
