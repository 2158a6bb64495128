import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {Posterior, PredictOptions} from '../../src/posterior/index.ts';
import type {LatentDraws, LatentGaussian} from '../../src/predictive/index.ts';

/** Latent outputs as a function of the inputs. */
export type Latent = (x: tf.Tensor) => LatentGaussian | LatentDraws;

/** A posterior whose latent outputs are a function of its inputs; `seen` gets the options of each prediction. */
export function posteriorOf(likelihood: Likelihood, latent: Latent, seen: PredictOptions[] = []): Posterior {
  return {
    likelihood,
    predict: async (x, options = {}) => {
      seen.push(options);
      const f = latent(x as tf.Tensor);
      try {
        return likelihood.predictive(f, options);
      } finally {
        tf.dispose({...f});
      }
    },
    sampleOutputs: () => Promise.reject(new Error('not used')),
    save: () => Promise.reject(new Error('not used')),
    dispose: () => undefined,
  };
}
