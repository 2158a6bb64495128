import * as tf from '@tensorflow/tfjs-core';
import {categoricalDistribution, klDivergence, multivariateNormal, normal} from '../../src/distributions/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import {sumTensors, type Wire} from './wire.ts';

/**
 * The Kullback-Leibler divergence KL(q || p) of two beliefs in closed form, in nats, [1 or S, ...examples].
 *
 * For two that are Gaussian, categorical, or products of such. As a regularizer, `(q, _y, prior) =>
 * tf.neg(beliefDivergence(q, prior()))` beside `prior(..., {energy: 'none'})` is the bound with its KL in closed form.
 *
 * @param q the belief that the expectation is over.
 * @param p the other one.
 *
 * @throws ConfigError if there is no closed form here.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {beliefDivergence, diagonalGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const kl = beliefDivergence(diagonalGaussian(tf.ones([1, 1]), 1), diagonalGaussian(tf.zeros([1, 1]), 1));
 * console.log(await kl.data());   // [0.5]
 * ```
 */
export function beliefDivergence<X extends Wire>(q: Belief<X>, p: Belief<X>): tf.Tensor {
  return tf.tidy(() => {
    const [own, other] = [q.moments?.(), p.moments?.()];
    if (own?.scale !== undefined && other?.scale !== undefined) {
      return tf.sum(klDivergence(normal(own.mean, own.scale), normal(other.mean, other.scale)), -1);
    }
    if (own !== undefined && other !== undefined) {
      return klDivergence(
        multivariateNormal(own.mean, own.covariance),
        multivariateNormal(other.mean, other.covariance),
      );
    }
    if (q.logits !== undefined && p.logits !== undefined) {
      return klDivergence(categoricalDistribution(q.logits), categoricalDistribution(p.logits));
    }
    const [parts, others] = [q.marginals?.(), p.marginals?.()];
    if (q.kind === 'product' && p.kind === 'product' && parts !== undefined && others !== undefined) {
      return sumTensors(parts.map((part, i) => beliefDivergence(part, others[i] as Belief<Wire>)));
    }
    throw new ConfigError(
      `beliefDivergence: expected two Gaussian or two categorical beliefs, got ${q.kind} and ${p.kind}. ` +
        'Average q.logProb(x) - p.logProb(x) over draws of q instead.',
    );
  });
}
