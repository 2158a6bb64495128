import * as tf from '@tensorflow/tfjs-core';
import {dirichlet, klDivergence} from '../src/distributions/index.ts';
import {meansAndVariances} from '../src/likelihoods/mean-variance.ts';
import type {HeadKind} from '../src/models/index.ts';
import {digamma} from '../src/predictive/gamma-functions.ts';

/** Loss of each example [N, ...] of a student's outputs against what {@link TeacherTargets} hold. */
export type DistillationLoss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

/** Keeps logarithms of float32 probabilities finite. */
const LEAST = 1e-7;
/** Members that agree have no finite precision. */
const MOST_PRECISE = 1e4;
/** Above it exp would overflow, and log Gamma lose its digits. */
const LARGEST_LOG = 20;

/** KL(teacher || student) of classes, targets the teacher's probabilities [N, ..., K]. */
export function categoricalDivergence(head: HeadKind): DistillationLoss {
  return (probs, outputs) =>
    tf.tidy(() => {
      const logs = head === 'softmax' ? safeLog(outputs) : tf.logSoftmax(outputs);
      return tf.sum(tf.mul(probs, tf.sub(safeLog(probs), logs)), -1);
    });
}

/** KL(teacher || student) of yes or no, summed over outputs. */
export function bernoulliDivergence(head: HeadKind): DistillationLoss {
  return (probs, outputs) =>
    tf.tidy(() => {
      const student = head === 'sigmoid' ? outputs : tf.sigmoid(outputs);
      const part = (p: tf.Tensor, q: tf.Tensor): tf.Tensor => tf.mul(p, tf.sub(safeLog(p), safeLog(q)));
      return tf.sum(tf.add(part(probs, student), part(tf.sub(1, probs), tf.sub(1, student))), -1);
    });
}

/** KL(N(m, s^2) || student) of numbers, summed over outputs; targets are the teacher's means and variances [N, ..., 2C]. */
export function gaussianDivergence(targets: tf.Tensor, outputs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [m, s] = tf.split(targets, 2, -1) as [tf.Tensor, tf.Tensor];
    const {means, variances} = meansAndVariances(outputs);
    const ratio = tf.div(tf.add(s, tf.square(tf.sub(m, means))), variances);
    return tf.mul(tf.sum(tf.sub(tf.sub(ratio, 1), tf.log(tf.div(s, variances))), -1), 0.5);
  });
}

/** The proxy of members' probabilities [S, N, ..., K]: their mean and the precision beta_0, [N, ..., K + 1]. */
export function proxyTargets(memberProbs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const mean = tf.mean(memberProbs, 0);
    const spread = tf.sum(tf.mul(mean, tf.sub(safeLog(mean), tf.mean(safeLog(memberProbs), 0))), -1, true);
    const classes = mean.shape.at(-1) as number;
    const precision = tf.div((classes - 1) / 2, tf.maximum(spread, (classes - 1) / (2 * MOST_PRECISE)));
    return tf.concat([mean, precision], -1);
  });
}

/** Reverse KL(Dirichlet(exp(f) + 1) || Dirichlet(beta_0 mean + 1)) over beta_0, up to a constant; targets as `proxyTargets`. */
export function proxyDivergence(targets: tf.Tensor, outputs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const classes = outputs.shape.at(-1) as number;
    const [mean, precision] = tf.split(targets, [classes, 1], -1) as [tf.Tensor, tf.Tensor];
    const alpha = tf.add(tf.exp(tf.minimum(outputs, LARGEST_LOG)), 1);
    const surprise = tf.sub(digamma(tf.sum(alpha, -1, true)), digamma(alpha));
    const fromFlat = klDivergence(dirichlet(alpha), dirichlet(tf.ones([classes])));
    return tf.add(tf.sum(tf.mul(mean, surprise), -1), tf.div(fromFlat, tf.squeeze(precision, [-1])));
  });
}

function safeLog(probs: tf.Tensor): tf.Tensor {
  return tf.log(tf.clipByValue(probs, LEAST, 1));
}
