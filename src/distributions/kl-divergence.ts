import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {digamma, logGamma} from '../predictive/gamma-functions.ts';
import {choleskyTensor, gaussianLogDensity} from './cholesky-tensor.ts';
import type {Distribution} from './distribution.ts';
import {asTensor} from './elementwise.ts';
import {flooredLogSoftmax, isImpossible} from './floored-log-softmax.ts';
import {constantMask} from './mask.ts';

/**
 * The Kullback-Leibler divergence KL(q || p) = E_q[log q - log p] in closed form, in nats, of the broadcast batch shape.
 *
 * For two distributions of one kind: normal, log-normal, exponential, gamma, beta, Dirichlet, Bernoulli, categorical and
 * multivariate normal. Differentiable in the parameters of both. Infinite where q has a class whose logit is -Infinity in p.
 *
 * @param q the distribution that the expectation is over.
 * @param p the other one.
 *
 * @throws ConfigError if the kinds differ or have no closed form here: average `q.logProb(x) - p.logProb(x)` over draws of q.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * import {klDivergence, normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const kl = klDivergence(normal(1, 1), normal(0, 1));
 * console.log((await kl.data())[0]);   // 0.5
 * kl.dispose();
 * ```
 */
export function klDivergence(q: Distribution, p: Distribution): tf.Tensor {
  const rule = RULES[q.name];
  if (rule === undefined || q.name !== p.name) {
    throw new ConfigError(
      `klDivergence: expected two distributions of one kind (${Object.keys(RULES).join(', ')}), got ${q.name} and ` +
        `${p.name}. Average q.logProb(x) - p.logProb(x) over draws of q instead.`,
    );
  }
  const of = (distribution: Distribution) => (name: string) => asTensor(distribution.parameters[name] as tf.Tensor);
  return tf.tidy(() => rule(of(q), of(p)));
}

type Read = (name: string) => tf.Tensor;
type Rule = (q: Read, p: Read) => tf.Tensor;

const normalRule: Rule = (q, p) => {
  const ratio = tf.square(tf.div(q('scale'), p('scale')));
  const distance = tf.square(tf.div(tf.sub(q('loc'), p('loc')), p('scale')));
  return tf.mul(tf.sub(tf.add(ratio, distance), tf.add(tf.log(ratio), 1)), 0.5);
};

const RULES: Readonly<Record<string, Rule>> = {
  normal: normalRule,
  'log-normal': normalRule,
  exponential: (q, p) => {
    const ratio = tf.div(p('rate'), q('rate'));
    return tf.sub(ratio, tf.add(tf.log(ratio), 1));
  },
  gamma: (q, p) => {
    const [a, b] = [q('shape'), p('shape')];
    const shapes = tf.add(tf.mul(tf.sub(a, b), digamma(a)), tf.sub(logGamma(b), logGamma(a)));
    const ratio = tf.div(p('rate'), q('rate'));
    return tf.add(shapes, tf.sub(tf.mul(a, tf.sub(ratio, 1)), tf.mul(b, tf.log(ratio))));
  },
  beta: (q, p) => {
    const pair = (read: Read) => {
      const [a, b] = [read('a'), read('b')];
      return tf.stack([tf.add(a, tf.zerosLike(b)), tf.add(b, tf.zerosLike(a))], -1);
    };
    return dirichletKl(pair(q), pair(p));
  },
  dirichlet: (q, p) => dirichletKl(q('concentration'), p('concentration')),
  bernoulli: (q, p) => {
    const [own, other] = [q('logit'), p('logit')];
    const expected = tf.mul(tf.sigmoid(own), tf.sub(own, other));
    return tf.sub(expected, tf.sub(tf.softplus(own), tf.softplus(other)));
  },
  categorical: (q, p) => {
    const [own, other] = [flooredLogSoftmax(q('logits')), flooredLogSoftmax(p('logits'))];
    const divergence = tf.sum(tf.mul(tf.exp(own), tf.sub(own, other)), -1);
    const finite = constantMask([own, other], () =>
      tf.all(tf.logicalOr(isImpossible(own), tf.logicalNot(isImpossible(other))), -1),
    );
    return tf.where(finite, divergence, tf.fill(divergence.shape, Infinity));
  },
  'multivariate-normal': (q, p) => {
    const [own, other] = [q('covariance'), p('covariance')];
    const size = own.shape.at(-1) ?? 0;
    const zero = tf.zeros([size]);
    const factor = choleskyTensor(own);
    // Slices, because unstack of a single column has no gradient.
    const last = factor.rank - 1;
    const roots = Array.from({length: size}, (_, i) => {
      const begin = factor.shape.map((_, axis) => (axis === last ? i : 0));
      return tf.squeeze(tf.slice(factor, begin, [...factor.shape.slice(0, last), 1]), [last]);
    });
    const cross = tf.addN(roots.map((root) => whitenedSquare(root, other)));
    const distance = whitenedSquare(tf.sub(q('mean'), p('mean')), other);
    const volumes = tf.sub(gaussianLogDensity(zero, own), gaussianLogDensity(zero, other));
    return tf.add(volumes, tf.mul(tf.sub(tf.add(cross, distance), size), 0.5));
  },
};

/** v^T covariance^-1 v. */
function whitenedSquare(v: tf.Tensor, covariance: tf.Tensor): tf.Tensor {
  const zero = tf.zerosLike(v);
  return tf.mul(tf.sub(gaussianLogDensity(zero, covariance), gaussianLogDensity(v, covariance)), 2);
}

function dirichletKl(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const total = tf.sum(a, -1, true);
  const volume = tf.sub(logGamma(tf.sum(a, -1)), tf.sum(logGamma(a), -1));
  const other = tf.sub(logGamma(tf.sum(b, -1)), tf.sum(logGamma(b), -1));
  const expected = tf.sum(tf.mul(tf.sub(a, b), tf.sub(digamma(a), digamma(total))), -1);
  return tf.add(tf.sub(volume, other), expected);
}
