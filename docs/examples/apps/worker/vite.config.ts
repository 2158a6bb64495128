import {defineConfig} from 'vite';

// The worker loads backends and data when it needs them, which only a worker that is a module can.
export default defineConfig({worker: {format: 'es'}});
