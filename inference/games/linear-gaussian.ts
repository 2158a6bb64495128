import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Belief, Moments} from './belief.ts';
import type {Game} from './game.ts';
import {fullGaussian} from './gaussian-belief.ts';
import {game, type Inversion, type LinkOptions} from './link.ts';
import {positiveDefiniteInverse} from './positive-definite-inverse.ts';

/** Options of {@link linearGaussian}. */
export interface LinearGaussianOptions extends Omit<LinkOptions<tf.Tensor, tf.Tensor>, 'exactInversion' | 'energy'> {
  /** A, of shape [D of y, D of x]. */
  readonly matrix: tf.Tensor;
  /** The covariance of the noise, [D of y, D of y]. */
  readonly covariance: tf.Tensor;
  /** b, of shape [D of y]; default 0. */
  readonly offset?: tf.Tensor;
}

/**
 * The link y = matrix x + offset + noise with Gaussian noise, whose inversion and pushforward are exact for Gaussian priors:
 *
 *     x | y ~ N(m + K (y - A m - b), P - K A P),   K = P A^T (A P A^T + R)^-1   for x ~ N(m, P)
 *
 * For up to a few dozen entries. Priors without Gaussian moments are refused where the exact inversion is asked for.
 *
 * @param name names y.
 * @param options the link; another `inversion` makes it an approximation that {@link gapReport} compares with the exact one.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian, freeEnergy, linearGaussian, prior, sequence} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const x = prior('x', diagonalGaussian(tf.zeros([1, 1]), 1));
 * const y = linearGaussian('y', {matrix: tf.eye(1), covariance: tf.eye(1), coupling: 'exact'});
 * const {loss} = freeEnergy(sequence(x, y), tf.tensor1d([1]));
 * console.log((await loss.data())[0]);   // -log N(1; 0, 2) = 1.5155
 * ```
 */
export function linearGaussian(
  name: string,
  {matrix, covariance, offset, ...options}: LinearGaussianOptions,
): Game<tf.Tensor, tf.Tensor> {
  const through = (x: tf.Tensor) => {
    const image = tf.sum(tf.mul(tf.expandDims(x, -2), matrix), -1);
    return offset === undefined ? image : tf.add(image, offset);
  };
  /** (I - K A) P (I - K A)^T + K R K^T: P - K A P loses its digits where the noise is small. */
  const remaining = (before: tf.Tensor, gain: tf.Tensor) => {
    const rest = tf.sub(tf.eye(matrix.shape[1] ?? 1), times(gain, matrix));
    return tf.add(times(times(rest, before), swap(rest)), times(times(gain, covariance), swap(gain)));
  };
  const exact: Inversion<tf.Tensor, tf.Tensor> = (y, prior) => {
    const before = gaussianMoments(name, prior());
    const after = tf.tidy(() => {
      const cross = times(before.covariance, tf.transpose(matrix));
      const gain = times(cross, positiveDefiniteInverse(tf.add(times(matrix, cross), covariance)));
      const innovation = tf.sub(y, through(before.mean));
      const mean = tf.add(before.mean, tf.sum(tf.mul(gain, tf.expandDims(innovation, -2)), -1));
      return {mean, covariance: remaining(before.covariance, gain)};
    });
    return fullGaussian(after.mean, after.covariance);
  };
  const pushforward = (prior: Belief) => {
    const before = gaussianMoments(name, prior);
    const spread = tf.tidy(() => {
      const image = times(matrix, times(before.covariance, tf.transpose(matrix)));
      return tf.add(image, covariance);
    });
    return fullGaussian(through(before.mean), spread);
  };
  const model = (x: tf.Tensor) => fullGaussian(through(x), covariance);
  return game(name, {inversion: exact, ...options, model, pushforward, exactInversion: exact});
}

function gaussianMoments(name: string, belief: Belief): Moments {
  const moments = belief.moments?.();
  if (moments !== undefined) return moments;
  throw new ConfigError(
    `linearGaussian: expected a Gaussian belief to flow into ${name}, got ${belief.kind}. Pass an inversion of your own.`,
  );
}

/** The product of matrices whose leading axes broadcast. */
function times(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const lead = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const whole = (tensor: tf.Tensor) => tf.broadcastTo(tensor, [...lead, ...tensor.shape.slice(-2)]);
  return tf.matMul(whole(a), whole(b));
}

function swap(matrices: tf.Tensor): tf.Tensor {
  const axes = matrices.shape.map((_, axis) => axis);
  return tf.transpose(matrices, [...axes.slice(0, -2), matrices.rank - 1, matrices.rank - 2]);
}
