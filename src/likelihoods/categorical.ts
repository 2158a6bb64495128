import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../backend/noise.ts';
import {CategoricalPredictive} from '../predictive/categorical.ts';
import {categoricalEntropy, logMeanExp} from '../predictive/entropy.ts';
import {latentMembers} from '../predictive/latent-draws.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {holdsLabels, oneHotTargets} from '../predictive/targets.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {Rng} from '../random/rng.ts';
import {
  categoricalFisher,
  categoricalFisherDiagonal,
  categoricalFisherProduct,
  categoricalFisherRoot,
  categoricalFisherSum,
} from './categorical-fisher.ts';
import type {Likelihood, Link, PredictiveOptions} from './likelihood.ts';
import {type CheckedOptions, checkLatent, checkPredictiveOptions, cloneLatent} from './predictive-options.ts';
import {softmaxLink} from './softmax-links.ts';
import {checkLabels, checkLossShapes, checkOutputs, checkProbabilityRows} from './targets.ts';

const LINKS: readonly [Link, ...Link[]] = ['pairwise-probit', 'probit', 'mc', 'bridge', 'bridge-norm'];
/** Pairs of thousands of classes are too many where only variances were affordable. */
const LINKS_OF_VARIANCES: readonly [Link, ...Link[]] = ['probit', 'pairwise-probit', 'mc', 'bridge', 'bridge-norm'];

/** A {@link Likelihood} of classes; its predictions are categorical. */
export interface CategoricalLikelihood extends Likelihood {
  /** The predictive distribution of the class when the logits are Gaussian or given by draws. */
  predictive(latent: LatentGaussian | LatentDraws, options?: PredictiveOptions): CategoricalPredictive;
  /** A root with K - 1 columns of the Fisher: one backward pass less than there are classes. */
  fisherRoot(f: tf.Tensor): tf.Tensor;
  /** 1 where an example has a label and 0 where it is ignored, shape [N, ...]. */
  observed(y: tf.Tensor): tf.Tensor;
}

/**
 * Classes: `p(y = k | f) = softmax(f)_k` for logits f of shape [N, ..., K].
 *
 * Targets are integer labels, one-hot rows or class probabilities; a label of -100 (or a row of zeros) is ignored: it adds
 * nothing to `negLogProb`, counts in the mean of `loss`, and `observed` masks it out of curvature.
 *
 * Links from Gaussian logits to probabilities: `'pairwise-probit'` (default where there is a covariance) integrates each
 * difference of logits (Lu, Ie and Sha, 2020); `'probit'` is softmax(mean / sqrt(1 + pi/8 variance)) (MacKay, 1992), which
 * uses variances only and so takes what all logits share for doubt; `'mc'` averages softmax over seeded draws; `'bridge'` and `'bridge-norm'` are the Laplace bridge
 * (Hobbhahn, Kristiadi and Hennig, 2022), which can change which class wins.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {categorical, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const likelihood = categorical();
 * const logits = tf.tensor2d([[2, 0, -1], [0, 1, 0]]);
 * const labels = tf.tensor1d([0, 2], 'int32');
 * const y = await likelihood.prepareTargets(labels, logits.shape, 'example');
 * const nll = likelihood.negLogProb(logits, y);
 * console.log(await nll.data());             // about 0.170 and 1.551
 * tf.dispose([logits, labels, y, nll]);
 * ```
 */
export function categorical(): CategoricalLikelihood {
  return {
    name: 'categorical',
    prepareTargets,
    observed: (y) => tf.tidy(() => tf.cast(tf.greater(tf.sum(y, -1), 0), 'float32')),
    negLogProb,
    loss: (yTrue, yPred) => {
      const advice = 'Turn integer labels into one-hot rows first, with tf.oneHot(labels, classes).';
      checkLossShapes('categorical.loss', yTrue, yPred, advice);
      return tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue)));
    },
    fisher: categoricalFisher,
    fisherSum: categoricalFisherSum,
    fisherDiagonal: categoricalFisherDiagonal,
    fisherProduct: categoricalFisherProduct,
    fisherRoot: categoricalFisherRoot,
    sample,
    predictive: (latent, options = {}) => {
      const links = 'covariance' in latent && latent.covariance ? LINKS : LINKS_OF_VARIANCES;
      const checked = checkPredictiveOptions('categorical.predictive', options, links);
      checkLatent('categorical.predictive', latent);
      return tidyObject(() =>
        'draws' in latent ? fromDraws(latent.draws, checked.keepMembers) : fromGaussian(latent, checked),
      );
    },
    getConfig: () => ({name: 'categorical'}),
  };
}

async function prepareTargets(y: tf.Tensor, outputShape: number[], caller: string): Promise<tf.Tensor> {
  checkOutputs(caller, outputShape, 2);
  const classes = outputShape.at(-1) ?? 0;
  const prepared = oneHotTargets(caller, y, outputShape);
  try {
    const values = await y.data();
    if (holdsLabels(y, outputShape)) checkLabels(caller, values, classes);
    else checkProbabilityRows(caller, values, classes);
    return prepared;
  } catch (error) {
    prepared.dispose();
    throw error;
  }
}

function negLogProb(f: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(f)), -1)));
}

function sample(f: tf.Tensor, rng: Rng): tf.Tensor {
  const classes = f.shape.at(-1) ?? 0;
  return tf.tidy(() => {
    const reached = tf.cumsum(tf.softmax(f), f.rank - 1);
    const draw = uniformTensor(rng, [...f.shape.slice(0, -1), 1]);
    const origin = new Array<number>(f.rank).fill(0);
    const allButLast = tf.slice(reached, origin, [...f.shape.slice(0, -1), classes - 1]);
    const label = tf.sum(tf.cast(tf.lessEqual(allButLast, draw), 'float32'), -1, true);
    return tf.cast(tf.equal(label, tf.range(0, classes, 1, 'float32')), 'float32');
  });
}

function fromDraws(draws: tf.Tensor, keepMembers: boolean): CategoricalPredictive {
  const members = tf.logSoftmax(draws);
  return new CategoricalPredictive({
    logProbs: logMeanExp(members, 0),
    memberEntropy: tf.mean(categoricalEntropy(members), 0),
    memberProbs: keepMembers ? tf.exp(members) : undefined,
  });
}

function fromGaussian(latent: LatentGaussian, {link, plan, keepMembers}: CheckedOptions): CategoricalPredictive {
  return new CategoricalPredictive({
    logProbs: softmaxLink(latent, link, plan),
    latent: cloneLatent(latent),
    draws: plan,
    memberProbs: keepMembers ? latentMembers(latent, plan, tf.softmax) : undefined,
  });
}
