import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

export const mochaHooks = {
  async beforeAll(): Promise<void> {
    await tf.setBackend('wasm');
    await tf.ready();
  },
};
