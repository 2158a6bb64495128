import * as tf from '@tensorflow/tfjs-core';
import {digamma, logGamma} from '../../src/predictive/gamma-functions.ts';

/** How outputs become evidence. */
export type Evidence = 'softplus' | 'relu' | 'exp';

/** Which expectation over the Dirichlet is trained; see `evidentialClassification`. */
export type EvidentialForm = 'squared-error' | 'log-marginal' | 'cross-entropy';

/** Above it exp would overflow, and log Gamma lose its digits. */
const LARGEST_LOG_EVIDENCE = 20;

const EVIDENCE: Readonly<Record<Evidence, (f: tf.Tensor) => tf.Tensor>> = {
  softplus: (f) => tf.softplus(f),
  relu: (f) => tf.relu(f),
  exp: (f) => tf.exp(tf.minimum(f, LARGEST_LOG_EVIDENCE)),
};

type Loss = (alpha: tf.Tensor, y: tf.Tensor) => tf.Tensor;

const LOSSES: Readonly<Record<EvidentialForm, Loss>> = {
  'squared-error': (alpha, y) => {
    const total = tf.sum(alpha, -1, true);
    const mean = tf.div(alpha, total);
    const variance = tf.div(tf.mul(mean, tf.sub(1, mean)), tf.add(total, 1));
    return tf.sum(tf.add(tf.square(tf.sub(y, mean)), variance), -1);
  },
  'log-marginal': (alpha, y) => tf.sum(tf.mul(y, tf.sub(tf.log(tf.sum(alpha, -1, true)), tf.log(alpha))), -1),
  'cross-entropy': (alpha, y) => tf.sum(tf.mul(y, tf.sub(digamma(tf.sum(alpha, -1, true)), digamma(alpha))), -1),
};

/** The names of the forms of the loss. */
export const FORMS = Object.keys(LOSSES);

/** The names of the ways to evidence. */
export const EVIDENCES = Object.keys(EVIDENCE);

/** Parameters of the Dirichlet: 1 + evidence. */
export function concentrations(f: tf.Tensor, evidence: Evidence): tf.Tensor {
  return tf.tidy(() => tf.add(EVIDENCE[evidence](f), 1));
}

/** What is trained on one-hot rows y: the expectation, and `klWeight` times the divergence of the evidence for wrong classes. */
export function dirichletLoss(alpha: tf.Tensor, y: tf.Tensor, form: EvidentialForm, klWeight: number): tf.Tensor {
  return tf.tidy(() => {
    const data = LOSSES[form](alpha, y);
    if (klWeight === 0) return data;
    const misleading = tf.add(y, tf.mul(tf.sub(1, y), alpha));
    return tf.add(data, tf.mul(divergenceFromUniform(misleading), klWeight));
  });
}

/** KL(Dirichlet(alpha) || Dirichlet(1, ..., 1)), in nats. */
export function divergenceFromUniform(alpha: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const total = tf.sum(alpha, -1, true);
    const classes = tf.scalar(alpha.shape.at(-1) as number);
    const normalizers = tf.sub(
      tf.squeeze(logGamma(total), [-1]),
      tf.add(logGamma(classes), tf.sum(logGamma(alpha), -1)),
    );
    const tilt = tf.mul(tf.sub(alpha, 1), tf.sub(digamma(alpha), digamma(total)));
    return tf.add(normalizers, tf.sum(tilt, -1));
  });
}
