import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import {fullGaussian} from './gaussian-belief.ts';
import {sumTensors, type Wire} from './wire.ts';

/** What a product of beliefs is a belief about. */
export type Parts<B extends readonly Belief<Wire>[]> = {
  readonly [I in keyof B]: B[I] extends Belief<infer X> ? X : never;
};

/**
 * Independent beliefs about several wires side by side.
 *
 * @param parts one belief for each wire.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {categoricalBelief, diagonalGaussian, productBelief} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const both = productBelief(diagonalGaussian(tf.zeros([1, 2]), 1), categoricalBelief(tf.zeros([1, 3])));
 * console.log(both.marginals?.().length);   // 2
 * ```
 */
export function productBelief<B extends readonly Belief<Wire>[]>(...parts: B): Belief<Parts<B>> {
  const belief: Belief<Parts<B>> = {
    kind: 'product',
    reparameterized: parts.every(({reparameterized}) => reparameterized),
    sample: (rng, draws) => parts.map((part, i) => part.sample(rng.fork(i), draws)) as unknown as Parts<B>,
    logProb: (values) =>
      tf.tidy(() => sumTensors(parts.map((part, i) => part.logProb((values as readonly Wire[])[i] as Wire)))),
    stopped: () => productBelief(...parts.map((part) => part.stopped())) as unknown as Belief<Parts<B>>,
    marginals: () => parts,
    mutualInformation: () => tf.scalar(0),
  };
  if (!parts.every(({entropy}) => entropy !== undefined)) return belief;
  return {...belief, entropy: () => tf.tidy(() => sumTensors(parts.map((part) => part.entropy?.() as tf.Tensor)))};
}

/**
 * A Gaussian vector cut into wires that stay correlated, [[..., D1], [..., D2], ...].
 *
 * @param belief a Gaussian of D1 + D2 + ... entries.
 * @param sizes D1, D2, ...
 *
 * @throws ConfigError if the belief is not Gaussian.
 * @throws ShapeError if the sizes do not sum to the number of its entries.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {fullGaussian, splitGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const pair = splitGaussian(fullGaussian(tf.zeros([1, 2]), tf.tensor2d([[1, 0.8], [0.8, 1]])), [1, 1]);
 * console.log((await pair.mutualInformation?.().data())?.[0]);   // 0.5108
 * ```
 */
export function splitGaussian(belief: Belief, sizes: readonly number[]): Belief<readonly tf.Tensor[]> {
  const moments = belief.moments?.();
  if (moments === undefined) {
    throw new ConfigError(`splitGaussian: expected a Gaussian belief, got ${belief.kind}. Use fullGaussian.`);
  }
  const {mean, covariance} = moments;
  const size = mean.shape.at(-1) ?? 1;
  if (sizes.reduce((sum, own) => sum + own, 0) !== size) {
    throw new ShapeError(`splitGaussian: expected sizes that sum to ${size}, got [${sizes}]. Name every entry once.`);
  }
  const cut = (tensor: tf.Tensor, axis: number) =>
    sizes.length === 1 ? [tensor] : tf.split(tensor, [...sizes], tensor.rank + axis);
  const blocks = () => tf.tidy(() => cut(covariance, -2).map((rows, i) => cut(rows, -1)[i] as tf.Tensor));
  const marginals = () => {
    const means = cut(mean, -1);
    return blocks().map((block, i) => fullGaussian(means[i] as tf.Tensor, block));
  };
  const entropy = () => fullGaussian(mean, covariance).entropy?.() as tf.Tensor;
  return {
    kind: 'gaussian-parts',
    reparameterized: true,
    sample: (rng, draws) => tf.tidy(() => cut(belief.sample(rng, draws), -1)),
    logProb: (values) => tf.tidy(() => belief.logProb(tf.concat([...values], -1))),
    stopped: () => splitGaussian(belief.stopped(), sizes),
    entropy,
    marginals,
    mutualInformation: () =>
      tf.tidy(() => tf.sub(sumTensors(marginals().map((part) => part.entropy?.() as tf.Tensor)), entropy())),
  };
}
