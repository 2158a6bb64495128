import * as tf from '@tensorflow/tfjs-core';
import {logMeanExp} from '../predictive/entropy.ts';
import {type DrawPlan, latentVariance, summarizeDraws} from '../predictive/latent-draws.ts';
import type {LatentGaussian} from '../predictive/predictive.ts';
import type {Link} from './likelihood.ts';

/** Below this share of the mean variance, what the zero-sum correction leaves is rounding. */
const RELATIVE_FLOOR = 1e-6;
const SMALLEST_VARIANCE = 1e-30;
/** Tensors of this many floats, 16 MiB each, are alive a few at a time. Much fewer would slice more often than compute. */
const MAX_PAIRS_AT_ONCE = 1 << 22;

/** Logarithms of the class probabilities that a link makes of Gaussian logits. */
export function softmaxLink(latent: LatentGaussian, link: Link, plan: DrawPlan): tf.Tensor {
  switch (link) {
    case 'probit':
      return tf.tidy(() => tf.logSoftmax(probitLogits(latent)));
    case 'pairwise-probit':
      return pairwiseLogProbs(latent);
    case 'mc':
      return monteCarloLogProbs(latent, plan);
    default:
      return bridgeLogProbs(latent, link === 'bridge-norm');
  }
}

/** Logits shrunk by their variance, `mean / sqrt(1 + pi/8 variance)` (MacKay, 1992). */
export function probitLogits(latent: LatentGaussian): tf.Tensor {
  return tf.tidy(() => {
    const variance = latentVariance(latent);
    if (variance === undefined) return tf.clone(latent.mean);
    return tf.div(latent.mean, tf.sqrt(tf.add(tf.mul(tf.relu(variance), Math.PI / 8), 1)));
  });
}

/**
 * Softmax written over differences of logits, each integrated by its own probit (Lu, Ie and Sha, 2020):
 *
 *     p_k  ~  1 / sum_i exp(-(f_k - f_i) / sqrt(1 + pi/8 Var(f_k - f_i))),    normalized
 *
 * Exact to the probit for two classes, and, like softmax itself, blind to what all logits share: the prior leaves much
 * variance there, which the marginal variances of {@link probitLogits} mistake for doubt between classes.
 */
function pairwiseLogProbs({mean, variance, covariance}: LatentGaussian): tf.Tensor {
  if (!variance && !covariance) return tf.logSoftmax(mean);
  const classes = mean.shape.at(-1) ?? 0;
  const rows = mean.size / Math.max(classes, 1);
  const rowsAtOnce = Math.max(1, Math.floor(MAX_PAIRS_AT_ONCE / Math.max(1, classes * classes)));
  return tf.tidy(() => {
    const whole: LatentGaussian = {
      mean: tf.reshape(mean, [rows, classes]),
      ...(variance && {variance: tf.reshape(variance, [rows, classes])}),
      ...(covariance && {covariance: tf.reshape(covariance, [rows, classes, classes])}),
    };
    const chunks: tf.Tensor[] = [];
    let start = 0;
    do {
      const count = Math.min(rowsAtOnce, rows - start);
      chunks.push(tf.tidy(() => pairwiseRows(sliceRows(whole, start, count))));
      start += count;
    } while (start < rows);
    return tf.reshape(chunks.length === 1 ? (chunks[0] as tf.Tensor) : tf.concat(chunks, 0), mean.shape);
  });
}

function pairwiseRows(latent: LatentGaussian): tf.Tensor {
  const {mean, covariance} = latent;
  const variance = latentVariance(latent) as tf.Tensor;
  const scale = tf.tidy(() => {
    const independent = tf.add(tf.expandDims(variance, -1), tf.expandDims(variance, -2));
    const spread = covariance ? tf.sub(independent, tf.mul(covariance, 2)) : independent;
    return tf.sqrt(tf.add(tf.mul(tf.relu(spread), Math.PI / 8), 1));
  });
  // [row, k, i]: (f_i - f_k) / scale
  const opposed = tf.tidy(() => tf.div(tf.sub(tf.expandDims(mean, -2), tf.expandDims(mean, -1)), scale));
  return tf.logSoftmax(tf.neg(tf.logSumExp(opposed, -1)));
}

function sliceRows({mean, variance, covariance}: LatentGaussian, start: number, count: number): LatentGaussian {
  return {
    mean: tf.slice(mean, start, count),
    ...(variance && {variance: tf.slice(variance, start, count)}),
    ...(covariance && {covariance: tf.slice(covariance, start, count)}),
  };
}

/** log of the mean softmax over seeded draws of the logits. */
function monteCarloLogProbs(latent: LatentGaussian, plan: DrawPlan): tf.Tensor {
  return tf.tidy(() => {
    const [logProbs] = summarizeDraws(latent, plan, (f) => [logMeanExp(tf.logSoftmax(f), 0)]) as [tf.Tensor];
    return tf.reshape(logProbs, latent.mean.shape);
  });
}

/**
 * Logarithms of the mean of the Dirichlet that the Laplace bridge sets in the place of Gaussian logits (Hobbhahn, Kristiadi
 * and Hennig, 2022): first logits are conditioned on summing to zero, then
 * `alpha_k = (1 - 2/K + exp(f_k) sum_j exp(-f_j) / K^2) / v_k`.
 *
 * `normalize` rescales to c = mean(v) / sqrt(K / 2): f / sqrt(c), v / c. Where no variance is left the bridge says nothing,
 * and softmax(mean) is returned.
 */
function bridgeLogProbs(latent: LatentGaussian, normalize: boolean): tf.Tensor {
  const classes = latent.mean.shape.at(-1) ?? 0;
  return tf.tidy(() => {
    const certain = tf.logSoftmax(latent.mean);
    const original = latentVariance(latent);
    if (original === undefined) return certain;
    const {mean, variance} = zeroSum(latent, original);
    const floor = tf.add(tf.mul(tf.mean(original, -1, true), RELATIVE_FLOOR), SMALLEST_VARIANCE);
    const safe = tf.maximum(variance, floor);
    const scale = tf.div(tf.mean(safe, -1, true), normalize ? Math.sqrt(classes / 2) : 1);
    const logits = normalize ? tf.div(mean, tf.sqrt(scale)) : mean;
    const opposed = tf.add(logits, tf.logSumExp(tf.neg(logits), -1, true));
    const spread = tf.sub(opposed, 2 * Math.log(classes));
    const numerator = classes === 2 ? spread : logAddExp(spread, Math.log(1 - 2 / classes));
    const bridge = tf.logSoftmax(tf.sub(numerator, tf.log(safe)));
    const uncertain = tf.greater(tf.max(variance, -1, true), floor);
    return tf.where(tf.broadcastTo(uncertain, certain.shape), bridge, certain);
  });
}

/** Mean and variances of the logits given that they sum to zero. */
function zeroSum(latent: LatentGaussian, variance: tf.Tensor): {mean: tf.Tensor; variance: tf.Tensor} {
  const {mean, covariance} = latent;
  const rowSums = covariance === undefined ? variance : tf.sum(covariance, -1);
  const total = tf.sum(rowSums, -1, true);
  const negligible = tf.mul(tf.sum(variance, -1, true), RELATIVE_FLOOR);
  const correctable = tf.logicalAnd(tf.greater(total, negligible), tf.greater(total, 0));
  const gain = tf.div(
    tf.mul(rowSums, tf.cast(correctable, 'float32')),
    tf.where(correctable, total, tf.onesLike(total)),
  );
  return {
    mean: tf.sub(mean, tf.mul(gain, tf.sum(mean, -1, true))),
    variance: tf.sub(variance, tf.mul(gain, rowSums)),
  };
}

function logAddExp(a: tf.Tensor, b: number): tf.Tensor {
  return tf.add(tf.maximum(a, b), tf.log1p(tf.exp(tf.neg(tf.abs(tf.sub(a, b))))));
}
