import * as tf from '@tensorflow/tfjs-core';
import type {Flow} from './flow.ts';
import {checkCounts, stack} from './stack.ts';

/**
 * A flow that stretches and shifts each column, whatever the others are: value = exp(logScale) noise + shift. As the last of
 * several it lets them work on standardized values.
 *
 * @param options its size.
 * @param options.dimension D.
 *
 * @throws ConfigError unless `dimension` is a whole number from 1 on.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * import {affineFlow, composeFlows, splineCouplingFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = composeFlows([splineCouplingFlow({dimension: 2, layers: 2}), affineFlow({dimension: 2})]);
 * console.log(flow.dimension);   // 2
 * flow.dispose();
 * ```
 */
export function affineFlow({dimension}: {dimension: number}): Flow {
  checkCounts('affineFlow', {dimension: [dimension, 1]});
  const logScale = tf.tidy(() => tf.variable(tf.zeros([dimension])));
  const shift = tf.tidy(() => tf.variable(tf.zeros([dimension])));
  const config = {kind: 'affine', dimension};
  const determinant = (points: tf.Tensor2D, log: tf.Tensor) => tf.mul(tf.ones([points.shape[0]]), tf.sum(log));
  const layer: Flow = {
    dimension,
    contextDimension: 0,
    variables: [logScale, shift],
    forward: (noise) => ({
      value: tf.add(tf.mul(noise, tf.exp(logScale)), shift),
      logDeterminant: determinant(noise, logScale) as tf.Tensor1D,
    }),
    inverse: (value) => ({
      value: tf.mul(tf.sub(value, shift), tf.exp(tf.neg(logScale))),
      logDeterminant: determinant(value, tf.neg(logScale)) as tf.Tensor1D,
    }),
    getConfig: () => config,
    dispose: () => tf.dispose([logScale, shift]),
  };
  return stack([layer], config);
}
