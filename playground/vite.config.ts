import {createRequire} from 'node:module';
import {defaultClientConditions, defineConfig, type Plugin} from 'vite';

const require = createRequire(import.meta.url);

/** Backends that may be missing: those of Node always are in a page. */
const optional = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu', '@tensorflow/tfjs-backend-webgpu'];

const isInstalled = (name: string): boolean => {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
};

const hasWebgpu = isInstalled('@tensorflow/tfjs-backend-webgpu');

/** Packages that are not there fail when they are imported, not when the page is built. */
const missing: Plugin = {
  name: 'missing-backends',
  enforce: 'pre',
  resolveId: (name) =>
    optional.includes(name) && !(hasWebgpu && name === '@tensorflow/tfjs-backend-webgpu') ? `\0missing:${name}` : null,
  load: (id) => (id.startsWith('\0missing:') ? `throw new Error('${id.slice(9)} is not installed')` : null),
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  define: {HAS_WEBGPU: JSON.stringify(hasWebgpu)},
  resolve: {conditions: ['@tfjs-bayes/source', ...defaultClientConditions]},
  plugins: [missing],
  worker: {format: 'es', plugins: () => [missing], rolldownOptions: {checks: {bundlerTimings: false}}},
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    emptyOutDir: true,
    rolldownOptions: {checks: {bundlerTimings: false}},
  },
});
