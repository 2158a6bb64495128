import * as tf from '@tensorflow/tfjs-core';
import {gaussian, type Likelihood, type PredictiveOptions} from '../../src/likelihoods/index.ts';
import {
  GaussianPredictive,
  type LatentDraws,
  type LatentGaussian,
  MixturePredictive,
} from '../../src/predictive/index.ts';
import {tidyObject} from '../../src/predictive/tidy.ts';

/** A Gaussian likelihood whose outputs have noises of their own. */
export interface NoisyGaussian extends Likelihood {
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): GaussianPredictive | MixturePredictive;
}

/**
 * `p(y | f) = prod_k N(y_k; f_k, exp(2 logScale_k))`: the Gaussian likelihood at unit noise, in units of each output's own.
 *
 * @param readLogScale the logarithms of the standard deviations, [K]; read again at each use, never disposed.
 */
export function noisyGaussian(readLogScale: () => tf.Tensor1D): NoisyGaussian {
  const unit = gaussian({noiseScale: 1});
  const scale = (): tf.Tensor1D => tf.exp(readLogScale());
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const s = scale();
      return tf.add(unit.negLogProb(tf.div(f, s), tf.div(y, s)), tf.sum(readLogScale()));
    });
  return {
    name: 'vbll-gaussian',
    prepareTargets: unit.prepareTargets,
    negLogProb,
    loss: (yTrue, yPred) => tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue))),
    fisher: (f) => tf.tidy(() => tf.div(tf.div(unit.fisher(f), scale()), tf.expandDims(scale(), 1))),
    fisherProduct: (_f, v) => tf.tidy(() => tf.div(v, tf.square(scale()))),
    sample: (f, rng) => tf.tidy(() => tf.mul(unit.sample(tf.div(f, scale()), rng), scale())),
    predictive: (latent) =>
      tidyObject(() => {
        const variance = tf.square(scale());
        if ('draws' in latent) {
          const shape = [...new Array<number>(latent.draws.rank - 1).fill(1), variance.size];
          return new MixturePredictive({means: tf.clone(latent.draws), variances: tf.reshape(variance, shape)});
        }
        const {mean, variance: epistemic} = latent;
        return new GaussianPredictive({
          mean: tf.clone(mean),
          epistemicVariance: epistemic ? tf.clone(epistemic) : tf.zerosLike(mean),
          aleatoricVariance: tf.broadcastTo(variance, mean.shape),
        });
      }),
    getConfig: () => ({name: 'vbll-gaussian'}),
  };
}
