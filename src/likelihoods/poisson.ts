import * as tf from '@tensorflow/tfjs-core';
import {CountPredictive} from '../predictive/count.ts';
import {latentVariance} from '../predictive/latent-draws.ts';
import {poissonLogMass} from '../predictive/poisson-mass.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Likelihood, PredictiveOptions} from './likelihood.ts';
import {poissonSample} from './poisson-sample.ts';
import {checkLatent} from './predictive-options.ts';
import {checkCounts, checkedTargets, checkLossShapes, checkOutputs} from './targets.ts';

/** A {@link Likelihood} of counts; its predictions are mixtures of Poisson distributions. */
export interface PoissonLikelihood extends Likelihood {
  /** The predictive distribution of the counts when the log rates are Gaussian or given by draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): CountPredictive;
  /** The diagonal root of the Fisher, shape [N, ..., C, C]. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** 1 where an example has counts and 0 where they are ignored, shape [N, ...]. */
  observed(y: tf.Tensor): tf.Tensor;
}

/**
 * Counts: `p(y_c | f) = Poisson(y_c; e^f_c)` for log rates f of shape [N, ..., C], independent given f and summed over.
 *
 * End the model in a linear layer: its outputs are the logarithms of the expected counts. Targets are whole numbers from 0,
 * [N, ..., C], or [N, ...] where C is 1; -100 in all outputs of a row means that it is ignored: it adds nothing to
 * `negLogProb`, counts in the mean of `loss`, and `observed` masks it out of curvature.
 *
 * Predictions integrate the Poisson distribution over the Gaussian (or the draws) of f: {@link CountPredictive}, whose mean
 * `e^(mean + variance / 2)` is larger than the rate of the mean. Links do not matter here, and outputs count as independent.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend, poisson} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const [f, y] = [tf.tensor2d([[Math.log(2)]]), tf.tensor2d([[3]])];
 * const nll = poisson().negLogProb(f, y);
 * console.log((await nll.data())[0]);        // 2 - 3 log 2 + log 6, about 1.712
 * tf.dispose([f, y, nll]);
 * ```
 */
export function poisson(): PoissonLikelihood {
  return {
    name: 'poisson',
    prepareTargets,
    observed: (y) => tf.tidy(() => tf.cast(tf.greaterEqual(tf.min(y, -1), 0), 'float32')),
    negLogProb,
    loss: (yTrue, yPred) => {
      checkLossShapes('poisson.loss', yTrue, yPred, 'Give every output of the model one target.');
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: (f) => tf.tidy(() => tf.mul(tf.expandDims(tf.exp(f), -1), tf.eye(f.shape.at(-1) ?? 0))),
    fisherDiagonal: (f) => tf.exp(f),
    fisherProduct: (f, v) => tf.tidy(() => tf.mul(tf.exp(f), v)),
    fisherRoot: (f) => tf.tidy(() => tf.mul(tf.expandDims(tf.exp(tf.mul(f, 0.5)), -1), tf.eye(f.shape.at(-1) ?? 0))),
    sample: poissonSample,
    predictive: (latent) => {
      checkLatent('poisson.predictive', latent);
      return tidyObject(() => ('draws' in latent ? fromDraws(latent.draws) : fromGaussian(latent)));
    },
    getConfig: () => ({name: 'poisson'}),
  };
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  checkOutputs(caller, outputShape, 1);
  return checkedTargets(alignedTargets(caller, y, outputShape), (values) =>
    checkCounts(caller, values, outputShape.at(-1) ?? 1),
  );
}

function negLogProb(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const known = tf.cast(tf.greaterEqual(y, 0), 'float32');
    return tf.neg(tf.sum(tf.mul(known, poissonLogMass(tf.relu(y), f)), -1));
  });
}

function fromDraws(draws: tf.Tensor): CountPredictive {
  return new CountPredictive({means: tf.clone(draws), variances: tf.zerosLike(draws)});
}

function fromGaussian(latent: LatentGaussian): CountPredictive {
  const variance = latentVariance(latent) ?? tf.zerosLike(latent.mean);
  return new CountPredictive({means: tf.expandDims(latent.mean, 0), variances: tf.expandDims(tf.relu(variance), 0)});
}
