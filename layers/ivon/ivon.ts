import {Ivon} from './ivon-optimizer.ts';
import type {IvonOptions, Schedule} from './options.ts';

/**
 * IVON: an optimizer, used like Adam, that makes any model Bayesian; its state is the posterior of the weights.
 *
 * It minimizes `ess E_q[loss(w)] + KL(q || N(0, 1 / (ess weightDecay)))` over q = N(mean, 1 / (ess (h + weightDecay))),
 * `loss` being the *mean* negative log-likelihood of an example and h the diagonal of its Hessian. Each step, for gradient g
 * at weights `w = mean + noise` drawn from q, elementwise:
 *
 *     gradient <- beta1 gradient + (1 - beta1) g
 *     estimate = ess (h + weightDecay) noise g                                  (hessApprox 'price')
 *     h <- beta2 h + (1 - beta2) estimate + 1/2 (1 - beta2)^2 (h - estimate)^2 / (h + weightDecay)
 *     mean <- mean - rate clip((gradient / (1 - beta1^t) + weightDecay mean) / (h + weightDecay), clipRadius)
 *
 * with `rate = learningRate (hessInit + weightDecay)`. The last term of h keeps h + weightDecay above 0; t counts the updates of
 * the variable.
 *
 * Works in `model.compile` with plain `fit`, and as `minimize(f)`. Loss and metrics that `fit` reports are those at sampled
 * weights; `evaluate`, `predict` and validation see the mean. Weights are back at the mean after each step, also where the
 * loss throws. Non-trainable variables are never touched, variables without a gradient keep mean and Hessian. BatchNorm
 * gathers its statistics under sampled weights, which are also what prediction uses. `minimize(f)` without a list of
 * variables samples every trainable variable there is, as tfjs optimizers do. With `samples` above 1, `trainOnBatch` returns
 * the metrics of every sample, one after the other.
 *
 * @param learningRate step size, or a function from the number of updates so far. Larger than for SGD: 0.1 to 0.5, warmed up
 *   and decayed, is usual. A saved model holds no functions: where it brings its optimizer back, that goes on with the step
 *   size that the schedule had reached. Compile with `ivon(schedule, options)` again and hand over `getWeights()` to go on
 *   along it.
 * @param options `ess` is needed: the number of training examples. All others have defaults. A mean squared error is no
 *   Gaussian likelihood: compile with `gaussian({noiseScale}).loss` for a posterior on the right scale.
 * @throws ConfigError if an option makes no sense.
 *
 * Source: Shen, Daheim, Cong, Nickl, Marconi, Bazan, Yokota, Gurevych, Cremers, Khan and Moellenhoff (2024), "Variational
 * Learning is Effective for Large Deep Networks", Algorithm 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {ivon} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([32, 2]);
 * const y = tf.tidy(() => tf.cast(tf.greater(tf.slice(x, [0, 0], [32, 1]), 0), 'float32'));
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2], activation: 'sigmoid'})]});
 * const optimizer = ivon(0.5, {ess: 32, hessInit: 0.1, beta2: 0.99});
 * model.compile({optimizer, loss: 'binaryCrossentropy'});
 * await model.fit(x, y, {epochs: 10, batchSize: 32, verbose: 0});
 *
 * const posterior = await optimizer.posterior(model);
 * const predictive = await posterior.predict(x, {samples: 20});
 * console.log(predictive.kind); // 'bernoulli'
 * predictive.dispose();
 * posterior.dispose();
 * optimizer.dispose();
 * ```
 */
export function ivon(learningRate: Schedule, options: IvonOptions): Ivon {
  return new Ivon(learningRate, options);
}
