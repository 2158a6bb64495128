import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {useBackend} from './support/backend.ts';

/** Tests run on wasm as tfjs ships it, or, with TFJS_BAYES_BACKEND set, on that backend as `initBackend` sets it up. */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    const name = process.env.TFJS_BAYES_BACKEND;
    if (name === undefined) await tf.setBackend('wasm');
    else await useBackend(name);
    await tf.ready();
  },
};
