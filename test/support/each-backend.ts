import * as tf from '@tensorflow/tfjs-core';

/** Declares the specs of `body` once on the cpu and once on the wasm backend, and puts the former backend back. */
export function onEachBackend(body: (backend: string) => void): void {
  for (const backend of ['cpu', 'wasm']) {
    describe(`on ${backend}`, () => {
      let former = '';
      before(async () => {
        former = tf.getBackend();
        await tf.setBackend(backend);
      });
      after(async () => {
        await tf.setBackend(former);
      });
      body(backend);
    });
  }
}
