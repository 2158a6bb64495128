import * as tf from '@tensorflow/tfjs-core';
import {choleskyTensor, multivariateNormal, normal, type Parameter} from '../../src/distributions/index.ts';
import type {Belief, Nodes} from './belief.ts';
import {columnsOf} from './columns.ts';
import {distributionBelief} from './distribution-belief.ts';
import {stopGradient} from './gradient.ts';

const HALF_LOG_TWO_PI_E = 0.5 * Math.log(2 * Math.PI * Math.E);

/**
 * Independent normal numbers: log N(x; mean, scale^2) summed over the last axis.
 *
 * @param mean [1 or S, ...examples, D].
 * @param scale standard deviations, a number or a tensor that broadcasts with `mean`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {diagonalGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const belief = diagonalGaussian(tf.zeros([1, 2]), 1);
 * console.log(belief.sample(createRng(1), 5).shape);   // [5, 2]
 * ```
 */
export function diagonalGaussian(mean: tf.Tensor, scale: Parameter): Belief {
  const spread = () => tf.broadcastTo(scale, tf.broadcastTo(mean, broadcast(mean, scale)).shape);
  return {
    ...distributionBelief(normal, [mean, scale], {reparameterized: true}),
    kind: 'gaussian',
    stopped: () => diagonalGaussian(stopGradient(mean), typeof scale === 'number' ? scale : stopGradient(scale)),
    entropy: () => tf.tidy(() => tf.sum(tf.add(tf.log(spread()), HALF_LOG_TWO_PI_E), -1)),
    moments: () => {
      const size = mean.shape.at(-1) ?? 1;
      const covariance = tf.tidy(() => tf.mul(tf.expandDims(tf.square(spread()), -1), tf.eye(size)));
      return {mean, covariance, scale: spread()};
    },
    nodes: (draws) =>
      tf.tidy(() => {
        const size = mean.shape.at(-1) ?? 1;
        const columns = columnsOf(tf.mul(tf.expandDims(spread(), -1), tf.eye(size)));
        const logScale = tf.sum(tf.log(spread()), -1);
        return cubature({mean: tf.broadcastTo(mean, broadcast(mean, scale)), columns, logScale, draws});
      }),
  };
}

/**
 * A Gaussian vector with correlations: log N(x; mean, covariance).
 *
 * For up to a few dozen entries.
 *
 * @param mean [1 or S, ...examples, D].
 * @param covariance [..., D, D], positive definite; its leading axes broadcast with those of `mean`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {fullGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const belief = fullGaussian(tf.zeros([1, 2]), tf.tensor2d([[1, 0.8], [0.8, 1]]));
 * console.log(belief.logProb(tf.ones([1, 2])).shape);   // [1]
 * ```
 */
export function fullGaussian(mean: tf.Tensor, covariance: tf.Tensor): Belief {
  const size = mean.shape.at(-1) ?? 1;
  const create = (m: tf.Tensor, c: tf.Tensor) => multivariateNormal(m, c);
  return {
    ...distributionBelief(create, [mean, covariance], {eventAxes: 0, reparameterized: true}),
    kind: 'gaussian',
    stopped: () => fullGaussian(stopGradient(mean), stopGradient(covariance)),
    entropy: () => tf.tidy(() => tf.sub(0.5 * size, multivariateNormal(mean, covariance).logProb(mean))),
    moments: () => ({mean, covariance}),
    nodes: (draws) =>
      tf.tidy(() => {
        const {batchShape} = multivariateNormal(mean, covariance);
        const factor = tf.broadcastTo(choleskyTensor(covariance), [...batchShape, size, size]);
        const logScale = tf.sum(tf.log(tf.sum(tf.mul(factor, tf.eye(size)), -1)), -1);
        return cubature({
          mean: tf.broadcastTo(mean, [...batchShape, size]),
          columns: columnsOf(factor),
          logScale,
          draws,
        });
      }),
  };
}

interface Cubature {
  readonly mean: tf.Tensor;
  /** Columns of a root of the covariance. */
  readonly columns: readonly tf.Tensor[];
  /** Half the logarithm of the covariance's determinant. */
  readonly logScale: tf.Tensor;
  readonly draws: number;
}

/** The points mean +- sqrt(D) column_i, all alike in weight: exact for polynomials up to the third degree. */
function cubature({mean, columns, logScale, draws}: Cubature): Pick<Nodes, keyof Nodes> {
  const size = columns.length;
  const [, ...rest] = mean.shape;
  const points = [Math.sqrt(size), -Math.sqrt(size)].flatMap((reach) =>
    columns.map((column) => tf.broadcastTo(tf.add(mean, tf.mul(column, reach)), [draws, ...rest])),
  );
  const count = points.length;
  const shape = [count * draws, ...rest.slice(0, -1)];
  const density = tf.broadcastTo(tf.neg(tf.add(logScale, size * HALF_LOG_TWO_PI_E)), [draws, ...rest.slice(0, -1)]);
  const logProb = tf.tile(density, [count, ...rest.slice(1).map(() => 1)]);
  return {values: tf.concat(points, 0), probability: tf.fill(shape, 1 / count), logProb, count};
}

function broadcast(mean: tf.Tensor, scale: Parameter): number[] {
  return typeof scale === 'number' ? mean.shape : tf.backend_util.assertAndGetBroadcastShape(mean.shape, scale.shape);
}
