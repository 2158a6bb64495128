import * as tf from '@tensorflow/tfjs-core';
import type {Parameter} from './distribution.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * log N(value; loc, scale), elementwise, with its gradient written out: with z = (value - loc) / scale, -z / scale in the
 * value, z / scale in loc and (z^2 - 1) / scale in scale. A third of the tensor operations of automatic differentiation,
 * which is what small models spend their time on. First derivatives only.
 */
export function normalLogDensity(value: tf.Tensor, loc: Parameter, scale: Parameter): tf.Tensor {
  const inputs = [value, loc, scale].filter((input): input is tf.Tensor => typeof input !== 'number');
  const density = tf.customGrad((...given) => {
    const save = given.at(-1) as unknown as tf.GradSaveFunc;
    const z = tf.div(tf.sub(value, loc), scale);
    save(typeof scale === 'number' ? [z] : [z, scale]);
    const constant = typeof scale === 'number' ? Math.log(scale) + HALF_LOG_TWO_PI : normalizer(scale);
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => {
      const [at, spread = scale] = saved as [tf.Tensor, tf.Tensor?];
      const weight = tf.div(upstream, spread);
      const slope = tf.mul(at, weight);
      const slopes = [tf.neg(slope), slope, ...(typeof scale === 'number' ? [] : [tf.sub(tf.mul(at, slope), weight)])];
      return [value, loc, scale].flatMap((input, i) =>
        typeof input === 'number' ? [] : [sumToShape(slopes[i] as tf.Tensor, input.shape)],
      );
    };
    return {value: tf.sub(tf.mul(tf.square(z), -0.5), constant), gradFunc};
  });
  return tf.tidy(() => density(...inputs));
}

function normalizer(scale: tf.Tensor): tf.Tensor {
  return tf.add(tf.log(scale), HALF_LOG_TWO_PI);
}

/** Adds up the axes along which a tensor of `shape` was broadcast. */
function sumToShape(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), shape);
}
