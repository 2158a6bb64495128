import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {cholesky, invertLower, logDeterminant, type Matrix} from '../../src/linalg/index.ts';
import type {Flow} from '../flows/flow.ts';
import {standardNormal} from '../flows/flow-density.ts';
import type {GaussianMoments, VariationalFamily} from './family.ts';

/**
 * The densities that a normalizing flow makes of standard normal noise, as a family for {@link fitVariational}.
 *
 *     theta = mean + factor forward(noise),   factor factor^T = covariance
 *
 * Around a Gaussian fit (`around: await gaussian.moments()`) the flow has only to bend what is not Gaussian, and starts where a
 * Gaussian family ended; without one, `mean` is 0 and `factor` the identity. A flow without an inverse has no density away from
 * its own draws.
 *
 * Source: Rezende and Mohamed (2015).
 *
 * @param flow the map, which this family owns from here on.
 * @param options where it stands.
 * @param options.around Mean and covariance that the flow's values are scaled to; default 0 and the identity.
 * @param options.learningRate The largest step of Adam, where a fit names none.
 *
 * @throws ConfigError if the flow wants a context, or `around` has another dimension.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {flowFamily, inverseAutoregressiveFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const family = flowFamily(inverseAutoregressiveFlow({dimension: 2, hidden: [16]}));
 * const {theta, logDensity} = family.draw(createRng(1), 5);
 * console.log(theta.shape);   // [5, 2]
 * tf.dispose([theta, logDensity]);
 * family.dispose();
 * ```
 */
export function flowFamily(
  flow: Flow,
  {around, learningRate = 0.005}: {around?: GaussianMoments; learningRate?: number} = {},
): VariationalFamily {
  const {dimension, contextDimension} = flow;
  if (contextDimension > 0) {
    throw new ConfigError(
      `flowFamily: expected a flow without context, got one of ${contextDimension} columns. Make it with contextDimension 0.`,
    );
  }
  if (around && around.mean.length !== dimension) {
    throw new ConfigError(
      `flowFamily: expected \`around\` to have the flow's dimension ${dimension}, got ${around.mean.length}.`,
    );
  }
  const place = around && placeAt(around);
  const {inverse} = flow;
  return {
    name: 'flow',
    dimension,
    learningRate,
    variables: flow.variables,
    ...(place && {frame: {variables: Object.values(place), settle: () => {}}}),
    draw: (rng, count) => {
      const [theta, logDensity] = tf.tidy(() => drawThrough(flow, place, normalTensor(rng, [count, dimension])));
      return {theta, logDensity};
    },
    ...(inverse && {
      logDensity: (theta: tf.Tensor2D) =>
        tf.tidy(() => {
          const local = place
            ? (tf.matMul(tf.sub(theta, place.mean), place.inverse, false, true) as tf.Tensor2D)
            : theta;
          const {value, logDeterminant} = inverse.call(flow, local);
          const density = tf.add(standardNormal(value), logDeterminant);
          return (place ? tf.sub(density, place.volume) : density) as tf.Tensor1D;
        }),
    }),
    getConfig: () => ({flow: flow.getConfig(), around: place !== undefined}),
    dispose: () => {
      flow.dispose();
      if (place) tf.dispose(Object.values(place));
    },
  };
}

/** Where the flow's values are put: not trained, but saved. */
interface Place {
  readonly mean: tf.Variable;
  readonly factor: tf.Variable<tf.Rank.R2>;
  readonly inverse: tf.Variable<tf.Rank.R2>;
  /** log det of the factor. */
  readonly volume: tf.Variable;
}

function placeAt({mean, covariance}: GaussianMoments): Place {
  const {factor} = cholesky(covariance, {name: 'covariance that the flow is put around'});
  return tf.tidy(() => ({
    mean: tf.variable(tf.tensor1d(Float32Array.from(mean)), false),
    factor: squareVariable(factor),
    inverse: squareVariable(invertLower(factor)),
    volume: tf.variable(tf.scalar(logDeterminant(factor) / 2), false),
  }));
}

function squareVariable({rows, cols, data}: Matrix): tf.Variable<tf.Rank.R2> {
  return tf.variable(tf.tensor2d(Float32Array.from(data), [rows, cols]), false);
}

function drawThrough(flow: Flow, place: Place | undefined, noise: tf.Tensor2D): [tf.Tensor2D, tf.Tensor1D] {
  const {value, logDeterminant} = flow.forward(noise);
  const density = tf.sub<tf.Tensor1D>(standardNormal(noise), logDeterminant);
  if (place === undefined) return [value, density];
  const theta = tf.add(place.mean, tf.matMul(value, place.factor as tf.Tensor2D, false, true)) as tf.Tensor2D;
  return [theta, tf.sub(density, place.volume)];
}
