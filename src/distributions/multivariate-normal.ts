import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../backend/noise.ts';
import {choleskyTensor, gaussianLogDensity} from './cholesky-tensor.ts';
import type {Distribution} from './distribution.ts';
import {broadcastShape} from './elementwise.ts';
import {realSupport} from './support.ts';

/**
 * The normal distribution of vectors:
 * log p(x) = -(x - mean)^T covariance^-1 (x - mean) / 2 - log det(covariance) / 2 - C log(2 pi) / 2.
 *
 * For up to a few dozen entries: the factorization runs on tensors, batched, and has a gradient. Draws are
 * `mean + L z` with L the Cholesky factor, differentiable in both parameters.
 *
 * @param mean [..., C].
 * @param covariance [..., C, C], positive definite.
 *
 * @throws ShapeError if the covariance is not square.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {multivariateNormal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const [mean, covariance] = [tf.zeros([2]), tf.tensor2d([[1, 0.8], [0.8, 1]])];
 * const draws = multivariateNormal(mean, covariance).sample(createRng(1), [10]);
 * console.log(draws.shape);   // [10, 2]
 * tf.dispose([mean, covariance, draws]);
 * ```
 */
export function multivariateNormal(mean: tf.Tensor, covariance: tf.Tensor): Distribution {
  const size = covariance.shape.at(-1) ?? 0;
  const batchShape = tf.backend_util.assertAndGetBroadcastShape(
    broadcastShape([mean], 1),
    broadcastShape([covariance], 2),
  );
  const logProb = (value: tf.Tensor) => tf.tidy(() => gaussianLogDensity(tf.sub(value, mean), covariance));
  return {
    name: 'multivariate-normal',
    support: realSupport(),
    eventShape: [size],
    batchShape,
    parameters: {mean, covariance},
    logProb,
    logProbInside: logProb,
    sample: (rng, shape = batchShape) =>
      tf.tidy(() => {
        const z = normalTensor(rng, [...shape, 1, size]);
        const factor = tf.broadcastTo(choleskyTensor(covariance), [...shape, size, size]);
        return tf.add(tf.squeeze(tf.matMul(z, factor, false, true), [-2]), mean);
      }),
  };
}
