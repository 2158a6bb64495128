import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {lossTargets} from './heteroscedastic-gaussian.ts';
import {meansAndVariances} from './mean-variance.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * A loss for mean-variance nets that does not give up on examples it fits badly (Seitzer et al., 2022):
 *
 *     mean_n sum_c stop(variance_c^beta) (log(2 pi variance_c) + (y_c - mean_c)^2 / variance_c) / 2
 *
 * with `stop` holding the gradient back. `beta` 0 is the negative log-likelihood of `heteroscedasticGaussian`, 1 gives the
 * means the gradients of a squared error. For training only: judge and predict with `heteroscedasticGaussian`.
 *
 * @param options as follows.
 * @param options.beta from 0 to 1. Default 0.5, as in the paper.
 * @returns a loss for `model.compile`, taking the same outputs and targets as `heteroscedasticGaussian().loss`.
 * @throws ConfigError if `beta` lies outside.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {betaNll, initBackend} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [1]})]}); // a mean, a raw variance
 * model.compile({optimizer: 'adam', loss: betaNll()});
 * const y = tf.randomNormal([8, 1]);
 * await model.fit(tf.randomNormal([8, 1]), tf.concat([y, tf.zerosLike(y)], -1));
 * ```
 */
export function betaNll({beta = 0.5}: {beta?: number} = {}): (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Scalar {
  if (!(beta >= 0 && beta <= 1)) {
    throw new ConfigError(`betaNll: expected beta from 0 to 1, got ${beta}. Leave it out for 0.5.`);
  }
  return (yTrue, yPred) =>
    tf.tidy(() => {
      const {means, variances} = meansAndVariances(yPred);
      const squares = tf.div(tf.square(tf.sub(lossTargets(yTrue, yPred), means)), variances);
      const each = tf.mul(tf.add(squares, tf.add(tf.log(variances), LOG_TWO_PI)), 0.5);
      return tf.mean<tf.Scalar>(tf.sum(tf.mul(withoutGradient(tf.pow(variances, beta)), each), -1));
    });
}

/** The same value, of which the gradient is zero. */
const withoutGradient = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
