import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {warn} from '../warn.ts';
import type {BackendName, Candidate, StartOptions} from './candidates.ts';
import {CANDIDATES} from './candidates.ts';
import {registerChainedMethods} from './chained-methods.ts';
import {isSoftwareAdapter, isSoftwareRenderer, navigatorGpu, webglRenderer} from './gpu-adapter.ts';
import {registerTrainingKernels, registerWebgpuAddN} from './kernels/index.ts';

/** Options of {@link initBackend}. */
export interface InitBackendOptions {
  /** The backend to take; without it the fastest that is installed. */
  readonly prefer?: BackendName;
  /**
   * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are served: a folder that ends in `/`, or the path of each
   * file. Bundlers need it; Node finds the files in the package.
   */
  readonly wasmPath?: string | Readonly<Record<string, string>>;
}

/** Which backend {@link initBackend} took. */
export interface BackendInfo {
  /** Its name here; `'other'` for one that the caller set and that is unknown here. */
  readonly name: BackendName | 'other';
  /** Its name in tfjs: what `tf.getBackend()` returns. */
  readonly backend: string;
  /** Whether it is a GPU backend that computes on a software graphics driver. */
  readonly software: boolean;
  /** The version of TensorFlow.js, which all its packages share. */
  readonly version: string;
  /** What was taken, and what was passed over and why, in a sentence. */
  readonly message: string;
}

let previous: Promise<unknown> = Promise.resolve();

/**
 * Gets TensorFlow.js ready: the fastest backend that is installed, the training kernels that the wasm backend lacks, and
 * the tensor methods that tfjs-layers' recurrent layers call.
 *
 * Tries tfjs-node-gpu, tfjs-node, webgpu, webgl, wasm and cpu, in this order. A backend that is already in use stays, unless
 * `prefer` names another one. A software graphics driver is passed over, unless `prefer` names its backend. Importing this
 * package changes nothing in TensorFlow.js; only this function does.
 *
 * @param options `prefer`: the backend to take; `wasmPath`: where a bundler puts the `.wasm` files.
 * @returns which backend was taken, and why.
 * @throws ConfigError if the preferred backend is not there or does not start (the message says what to install), if its
 * name is unknown, or if no backend is installed at all.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * const {name} = await initBackend({prefer: 'wasm'});
 * console.log(name);   // wasm
 * ```
 */
export function initBackend({prefer, wasmPath}: InitBackendOptions = {}): Promise<BackendInfo> {
  const turn = previous.then(() => init(prefer, wasmPath));
  previous = turn.catch(() => undefined);
  return turn;
}

async function init(prefer: BackendName | undefined, wasmPath: StartOptions['wasmPath']): Promise<BackendInfo> {
  const inUse = await current();
  const keep = inUse !== undefined && (prefer === undefined || prefer === inUse.name);
  const info = keep ? inUse : await choose(CANDIDATES, prefer, wasmPath);
  registerChainedMethods();
  if (info.backend === 'wasm') registerTrainingKernels();
  if (info.backend === 'webgpu') registerWebgpuAddN();
  if (info.backend === 'webgl' && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
    warn(
      'initBackend: WebGL computes with 16-bit floats on this device, too few for most posteriors. ' +
        "Use initBackend({prefer: 'wasm'}).",
    );
  }
  return info;
}

/** The backend that is in use already; asking does not start one. */
async function current(): Promise<BackendInfo | undefined> {
  if (!tf.getBackend()) return undefined;
  await tf.ready();
  const backend = tf.getBackend();
  const known = CANDIDATES.filter((candidate) => candidate.backend === backend);
  const onGpu = (tf.backend() as {isUsingGpuDevice?: boolean}).isUsingGpuDevice === true;
  const name = (onGpu ? known[0] : known.at(-1))?.name ?? 'other';
  let software = false;
  if (backend === 'webgl') software = isSoftwareRenderer(webglRenderer());
  if (backend === 'webgpu') {
    const adapter = await navigatorGpu()?.requestAdapter();
    software = adapter ? isSoftwareAdapter(adapter) : false;
  }
  return {
    name,
    backend,
    software,
    version: tf.version_core,
    message: `Keeps the backend ${backend}, which was in use.`,
  };
}

/** Starts the preferred candidate, or the first that starts. */
export async function choose(
  candidates: readonly Candidate[],
  prefer: BackendName | undefined,
  wasmPath?: StartOptions['wasmPath'],
): Promise<BackendInfo> {
  const wanted = candidates.filter(({name}) => prefer === undefined || name === prefer);
  if (wanted.length === 0) {
    const names = candidates.map(({name}) => name).join(', ');
    throw new ConfigError(
      `initBackend: expected prefer to be one of ${names}, got ${prefer}. Name one of these or none.`,
    );
  }
  const passedOver: string[] = [];
  for (const {name, backend, remedy, start} of wanted) {
    const outcome = await start({preferred: prefer !== undefined, wasmPath});
    if (outcome.started) {
      const others = passedOver.length > 0 ? ` Passed over: ${passedOver.join('; ')}.` : '';
      const driver = outcome.software ? ' on a software graphics driver' : '';
      const message = `Takes the backend ${name}${driver}.${others}`;
      return {name, backend, software: outcome.software, version: tf.version_core, message};
    }
    if (prefer !== undefined) {
      throw new ConfigError(
        `initBackend: expected the backend ${name} to be there, got none: ${outcome.reason}. ${remedy}.`,
      );
    }
    passedOver.push(`${name} (${outcome.reason})`);
  }
  throw new ConfigError(
    `initBackend: expected a TensorFlow.js backend to be installed, got none: ${passedOver.join('; ')}. ` +
      'Run `npm install @tensorflow/tfjs-backend-wasm`.',
  );
}
