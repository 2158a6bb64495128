import * as tf from '@tensorflow/tfjs-core';
import type {Gpu} from './gpu-adapter.ts';
import {installGpu, isSoftwareAdapter, isSoftwareRenderer, navigatorGpu, webglRenderer} from './gpu-adapter.ts';

/** The backends that `initBackend` knows, fastest first. */
export type BackendName = 'tfjs-node-gpu' | 'tfjs-node' | 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** What a backend may need to start. */
export interface StartOptions {
  /** Whether it is the one that was asked for: only then may it compute on a software graphics driver. */
  readonly preferred: boolean;
  /** Where the files of the wasm backend are served. */
  readonly wasmPath?: string | Readonly<Record<string, string>> | undefined;
}

/** Whether a backend started, or the reason, in words, why it did not. */
export type Outcome =
  | {readonly started: true; readonly software: boolean}
  | {readonly started: false; readonly reason: string};

/** One backend that may or may not be there. */
export interface Candidate {
  /** Its name here. */
  readonly name: BackendName;
  /** What tfjs calls it. */
  readonly backend: string;
  /** What to do to have it. */
  readonly remedy: string;
  /** Loads it and makes it the current backend. */
  start(options: StartOptions): Promise<Outcome>;
}

const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined;

const no = (reason: string): Outcome => ({started: false, reason});

function failure(error: unknown): Outcome {
  const {code, message} = error as {code?: string; message?: string};
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return no(missing ? 'not installed' : `could not be loaded: ${(message ?? String(error)).split('\n')[0]}`);
}

async function activate(backend: string, software = false): Promise<Outcome> {
  if (!tf.findBackendFactory(backend)) return no('its package does not support this environment');
  return (await tf.setBackend(backend)) ? {started: true, software} : no('it failed to start');
}

/** Every backend, fastest first. The specifiers stay literal inside `try`, so that bundlers see what is optional. */
export const CANDIDATES: readonly Candidate[] = [
  {
    name: 'tfjs-node-gpu',
    backend: 'tensorflow',
    remedy: 'Run `npm install @tensorflow/tfjs-node-gpu` on a machine with CUDA',
    async start() {
      if (!inNode()) return no('runs in Node only');
      try {
        await import(/* webpackIgnore: true */ /* @vite-ignore */ '@tensorflow/tfjs-node-gpu');
      } catch (error) {
        return failure(error);
      }
      return activate('tensorflow');
    },
  },
  {
    name: 'tfjs-node',
    backend: 'tensorflow',
    remedy: 'Run `npm install @tensorflow/tfjs-node`',
    async start() {
      if (!inNode()) return no('runs in Node only');
      try {
        await import(/* webpackIgnore: true */ /* @vite-ignore */ '@tensorflow/tfjs-node');
      } catch (error) {
        return failure(error);
      }
      return activate('tensorflow');
    },
  },
  {
    name: 'webgpu',
    backend: 'webgpu',
    remedy: 'It needs a GPU with its driver and, in Node, `npm install webgpu @tensorflow/tfjs-backend-webgpu`',
    start: startWebgpu,
  },
  {
    name: 'webgl',
    backend: 'webgl',
    remedy: 'Run `npm install @tensorflow/tfjs-backend-webgl` and use a browser with WebGL',
    async start({preferred}) {
      if (!tf.device_util.isBrowser()) return no('runs in browsers only');
      const software = isSoftwareRenderer(webglRenderer());
      if (software && !preferred) return no('the graphics driver is a software one');
      try {
        await import('@tensorflow/tfjs-backend-webgl');
      } catch (error) {
        return failure(error);
      }
      return activate('webgl', software);
    },
  },
  {
    name: 'wasm',
    backend: 'wasm',
    remedy:
      'Run `npm install @tensorflow/tfjs-backend-wasm`; behind a bundler, give `wasmPath`, the folder that serves its .wasm files',
    async start({wasmPath}) {
      try {
        const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
        if (wasmPath !== undefined) setWasmPaths(wasmPath);
      } catch (error) {
        return failure(error);
      }
      return activate('wasm');
    },
  },
  {
    name: 'cpu',
    backend: 'cpu',
    remedy: 'Run `npm install @tensorflow/tfjs-backend-cpu`',
    async start() {
      try {
        await import('@tensorflow/tfjs-backend-cpu');
      } catch (error) {
        return failure(error);
      }
      return activate('cpu');
    },
  },
];

async function startWebgpu({preferred}: StartOptions): Promise<Outcome> {
  let gpu = navigatorGpu();
  let install = (_gpu: Gpu): void => {};
  try {
    if (!gpu && inNode()) {
      const {create, globals} = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'webgpu');
      gpu = create([]);
      install = (dawn) => installGpu(dawn, globals);
    }
    if (!gpu) return no('this browser has no WebGPU');
    const adapter = await gpu.requestAdapter({powerPreference: 'high-performance'});
    if (!adapter) return no('there is no graphics adapter');
    const software = isSoftwareAdapter(adapter);
    if (software && !preferred) return no('the graphics adapter is a software one');
    install(gpu);
    await import('@tensorflow/tfjs-backend-webgpu');
    return await activate('webgpu', software);
  } catch (error) {
    return failure(error);
  }
}
