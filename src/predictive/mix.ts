import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {BernoulliPredictive} from './bernoulli.ts';
import {CategoricalPredictive} from './categorical.ts';
import type {Predictive} from './concat.ts';
import {CountPredictive} from './count.ts';
import {GaussianPredictive} from './gaussian.ts';
import {MixturePredictive} from './mixture.ts';
import {StudentTPredictive} from './student-t.ts';
import {tidyObject} from './tidy.ts';

/**
 * One prediction from several of the same inputs, each with a weight: `p(y) = sum_k weights_k p_k(y)`. The parts stay the
 * caller's.
 *
 * Class probabilities are averaged, and the aleatoric entropy is the weighted mean of the parts' own, so that their
 * disagreement counts as epistemic. Numbers give the exact mixture of the parts' densities, in which a part's outputs count
 * as independent of each other.
 *
 * @param parts at least one prediction, all of classes, all of yes-or-no outputs, all of counts or all of numbers, for the same inputs.
 * @param weights one for each part, summing to one.
 * @param options as follows.
 * @param options.keepMembers keeps each part's probabilities as `memberProbs`. Default false.
 * @throws ConfigError if the kinds cannot be mixed.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {gaussian, initBackend, mixPredictives} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const means = [tf.tensor2d([[1]]), tf.tensor2d([[3]])];
 * const parts = means.map((mean) => gaussian({noiseScale: 0.5}).predictive({mean}));
 * const whole = mixPredictives(parts, [0.5, 0.5]);
 * if (whole.kind === 'mixture') {
 *   const {mean, epistemicVariance} = await whole.toArrays();
 *   console.log(mean.data[0], epistemicVariance.data[0]); // 2 1
 * }
 * tf.dispose(means);
 * for (const predictive of [...parts, whole]) predictive.dispose();
 * ```
 */
export function mixPredictives(
  parts: readonly Predictive[],
  weights: readonly number[],
  {keepMembers = false}: {keepMembers?: boolean} = {},
): Predictive {
  if (parts.length === 0 || parts.length !== weights.length) {
    throw new ConfigError(
      `mixPredictives: expected a weight for each of at least one prediction, got ${parts.length} predictions and ` +
        `${weights.length} weights. Give as many weights as predictions.`,
    );
  }
  if (parts.every((part) => part instanceof CategoricalPredictive)) {
    return tidyObject(() => new CategoricalPredictive(mixClasses(parts, weights, keepMembers)));
  }
  if (parts.every((part) => part instanceof BernoulliPredictive)) {
    const logComplements = (): tf.Tensor =>
      logWeightedSum(
        parts.map((part) => part.logComplements),
        weights,
      );
    return tidyObject(
      () => new BernoulliPredictive({...mixClasses(parts, weights, keepMembers), logComplements: logComplements()}),
    );
  }
  if (parts.every((part) => part instanceof CountPredictive)) {
    return tidyObject(() => new CountPredictive(mixCounts(parts, weights)));
  }
  if (parts.every((part) => part instanceof StudentTPredictive)) {
    return tidyObject(() => new StudentTPredictive(mixStudentTs(parts, weights)));
  }
  if (parts.every((part) => part instanceof GaussianPredictive || part instanceof MixturePredictive)) {
    return tidyObject(() => mixNumbers(parts, weights));
  }
  throw new ConfigError(
    `mixPredictives: expected predictions of one kind, got ${parts.map(({kind}) => kind).join(', ')}. ` +
      'Mix classes with classes and numbers with numbers.',
  );
}

function mixClasses(
  parts: readonly (CategoricalPredictive | BernoulliPredictive)[],
  weights: readonly number[],
  keepMembers: boolean,
) {
  const aleatoric = parts.map((part) => part.entropy().aleatoric);
  return {
    logProbs: logWeightedSum(
      parts.map((part) => part.logProbs),
      weights,
    ),
    memberEntropy: tf.addN(aleatoric.map((entropy, k) => tf.mul(entropy, weights[k] as number))),
    memberProbs: keepMembers ? tf.stack(parts.map((part) => part.probs)) : undefined,
  };
}

/** log sum_k weights_k exp(values_k). */
function logWeightedSum(values: readonly tf.Tensor[], weights: readonly number[]): tf.Tensor {
  return tf.logSumExp(tf.stack(values.map((value, k) => tf.add(value, Math.log(weights[k] as number)))), 0);
}

function mixCounts(parts: readonly CountPredictive[], weights: readonly number[]) {
  return {
    means: tf.concat(parts.map(({means}) => means)),
    variances: tf.concat(parts.map(({variances}) => variances)),
    weights: tf.concat(parts.map((part, k) => tf.mul(part.weights, weights[k] as number))),
  };
}

function mixStudentTs(parts: readonly StudentTPredictive[], weights: readonly number[]) {
  return {
    means: tf.concat(parts.map(({means}) => means)),
    aleatoricSquaredScales: tf.concat(parts.map((part) => part.aleatoricSquaredScales)),
    epistemicSquaredScales: tf.concat(parts.map((part) => part.epistemicSquaredScales)),
    dfs: tf.concat(parts.map(({dfs}) => dfs)),
    weights: tf.concat(parts.map((part, k) => tf.mul(part.weights, weights[k] as number))),
  };
}

function mixNumbers(parts: readonly (GaussianPredictive | MixturePredictive)[], weights: readonly number[]) {
  const components = parts.map((part) => (part instanceof MixturePredictive ? ofMixture(part) : ofGaussian(part)));
  return new MixturePredictive({
    means: tf.concat(components.map(({means}) => means)),
    variances: tf.concat(components.map(({variances}) => variances)),
    memberEpistemicVariances: tf.concat(components.map(({doubts}) => doubts)),
    weights: tf.concat(components.map((component, k) => tf.mul(component.weights, weights[k] as number))),
  });
}

function ofMixture({means, variances, weights, memberEpistemicVariances}: MixturePredictive) {
  const doubts = memberEpistemicVariances ?? tf.zerosLike(means);
  return {means, variances: tf.broadcastTo(variances, means.shape), weights, doubts};
}

function ofGaussian(part: GaussianPredictive) {
  const [means, variances, doubts] = [part.mean, part.variance(), part.epistemicVariance].map((tensor) =>
    tf.expandDims(tensor, 0),
  ) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return {means, variances, doubts, weights: tf.ones([1])};
}
