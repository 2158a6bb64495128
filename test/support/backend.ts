import * as tf from '@tensorflow/tfjs-core';

/** The backends under test, by the names that tfjs gives them, and what `initBackend` calls them. */
const preferred = {cpu: 'cpu', wasm: 'wasm', tensorflow: 'tfjs-node', webgpu: 'webgpu', webgl: 'webgl'} as const;

/** Makes a backend current the way a user would, through `initBackend`, training kernels included; throws where it is not installed. */
export async function useBackend(name: string): Promise<void> {
  if (!(name in preferred)) throw new Error(`expected one of ${Object.keys(preferred).join(', ')}, got ${name}`);
  const {initBackend} = await import('../../src/backend/index.ts');
  await initBackend({prefer: preferred[name as keyof typeof preferred]});
  if (tf.getBackend() !== name) throw new Error(`expected backend ${name}, got ${tf.getBackend()}`);
}
