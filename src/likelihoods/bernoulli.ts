import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../backend/noise.ts';
import {BernoulliPredictive} from '../predictive/bernoulli.ts';
import {bernoulliEntropy, logMeanExp} from '../predictive/entropy.ts';
import {latentMembers, summarizeDraws} from '../predictive/latent-draws.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Likelihood, Link, PredictiveOptions} from './likelihood.ts';
import {type CheckedOptions, checkLatent, checkPredictiveOptions, cloneLatent} from './predictive-options.ts';
import {probitLogits} from './softmax-links.ts';
import {checkBinaryTargets, checkedTargets, checkLossShapes, checkOutputs} from './targets.ts';

/** The Laplace bridge of two classes does not depend on their variance, so it is not offered. */
const LINKS: readonly [Link, ...Link[]] = ['probit', 'mc'];

/** A {@link Likelihood} of yes-or-no outputs; its predictions are Bernoulli. */
export interface BernoulliLikelihood extends Likelihood {
  /** The predictive distribution of each output when the logits are Gaussian or given by draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): BernoulliPredictive;
  /** The diagonal root of the Fisher, shape [N, ..., C, C]. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** 1 where an example has labels and 0 where they are ignored, shape [N, ...]. */
  observed(y: tf.Tensor): tf.Tensor;
}

/**
 * Yes-or-no outputs: `p(y_c = 1 | f) = sigmoid(f_c)` for logits f of shape [N, ..., C], independent given f and summed over.
 *
 * Targets are 0, 1 or probabilities in between, [N, ..., C], or [N, ...] where C is 1; -100 in all outputs of a row means
 * that it is ignored: it adds nothing to `negLogProb`, counts in the mean of `loss`, and `observed` masks it out of
 * curvature.
 *
 * Links from Gaussian logits to probabilities: `'probit'` (default) is sigmoid(mean / sqrt(1 + pi/8 variance)) (MacKay,
 * 1992), `'mc'` averages the sigmoid over seeded draws.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {bernoulli, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const mean = tf.tensor2d([[3]]);
 * const variance = tf.tensor2d([[9]]);
 * const predictive = bernoulli().predictive({mean, variance});
 * console.log((await predictive.probs.data())[0]);   // about 0.80, where sigmoid(3) is 0.95
 * predictive.dispose();
 * tf.dispose([mean, variance]);
 * ```
 */
export function bernoulli(): BernoulliLikelihood {
  return {
    name: 'bernoulli',
    prepareTargets,
    observed: (y) => tf.tidy(() => tf.cast(tf.greaterEqual(tf.min(y, -1), 0), 'float32')),
    negLogProb,
    loss: (yTrue, yPred) => {
      checkLossShapes('bernoulli.loss', yTrue, yPred, 'Give every output of the model one target.');
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: (f) => tf.tidy(() => tf.mul(tf.expandDims(slope(f), -1), tf.eye(f.shape.at(-1) ?? 0))),
    fisherProduct: (f, v) => tf.tidy(() => tf.mul(slope(f), v)),
    fisherRoot: (f) => tf.tidy(() => tf.mul(tf.expandDims(rootSlope(f), -1), tf.eye(f.shape.at(-1) ?? 0))),
    sample: (f, rng) => tf.tidy(() => tf.cast(tf.less(uniformTensor(rng, f.shape), tf.sigmoid(f)), 'float32')),
    predictive: (latent, options = {}) => {
      const checked = checkPredictiveOptions('bernoulli.predictive', options, LINKS);
      checkLatent('bernoulli.predictive', latent);
      return tidyObject(() =>
        'draws' in latent ? fromDraws(latent.draws, checked.keepMembers) : fromGaussian(latent, checked),
      );
    },
    getConfig: () => ({name: 'bernoulli'}),
  };
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  checkOutputs(caller, outputShape, 1);
  return checkedTargets(alignedTargets(caller, y, outputShape), (values) =>
    checkBinaryTargets(caller, values, outputShape.at(-1) ?? 1),
  );
}

/** softplus(f) - y f, summed over the outputs whose label is known. */
function negLogProb(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const known = tf.cast(tf.greaterEqual(y, 0), 'float32');
    return tf.sum(tf.mul(known, tf.sub(tf.softplus(f), tf.mul(y, f))), -1);
  });
}

/** p (1 - p), exact where p rounds to 1. */
function slope(f: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sigmoid(f), tf.sigmoid(tf.neg(f)));
}

/** sqrt(p (1 - p)), differentiable where p (1 - p) underflows. */
function rootSlope(f: tf.Tensor): tf.Tensor {
  return tf.exp(tf.mul(tf.add(tf.logSigmoid(f), tf.logSigmoid(tf.neg(f))), 0.5));
}

function fromDraws(draws: tf.Tensor, keepMembers: boolean): BernoulliPredictive {
  const yes = tf.logSigmoid(draws);
  const no = tf.logSigmoid(tf.neg(draws));
  return new BernoulliPredictive({
    logProbs: logMeanExp(yes, 0),
    logComplements: logMeanExp(no, 0),
    memberEntropy: tf.mean(bernoulliEntropy(yes, no), 0),
    memberProbs: keepMembers ? tf.sigmoid(draws) : undefined,
  });
}

function fromGaussian(latent: LatentGaussian, {link, plan, keepMembers}: CheckedOptions): BernoulliPredictive {
  const {shape} = latent.mean;
  const [yes, no] =
    link === 'probit'
      ? sigmoidLogProbs(probitLogits(latent))
      : (summarizeDraws(latent, plan, (f) => sigmoidLogProbs(f).map((values) => logMeanExp(values, 0))) as Pair);
  return new BernoulliPredictive({
    logProbs: tf.reshape(yes, shape),
    logComplements: tf.reshape(no, shape),
    latent: cloneLatent(latent),
    draws: plan,
    memberProbs: keepMembers ? latentMembers(latent, plan, tf.sigmoid) : undefined,
  });
}

type Pair = [tf.Tensor, tf.Tensor];

function sigmoidLogProbs(f: tf.Tensor): Pair {
  return [tf.logSigmoid(f), tf.logSigmoid(tf.neg(f))];
}
