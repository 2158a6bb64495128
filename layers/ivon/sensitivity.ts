import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../../src/models/index.ts';
import type {Posterior} from '../../src/posterior/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';

/** Options of {@link sensitivity}. */
export interface SensitivityOptions {
  /** Draws from the posterior, 2 or more. Default 100. */
  readonly samples?: number;
  /** Examples worked on at once; never changes the result. Default 256. */
  readonly batchSize?: number;
  /** Where draws come from; only forked. Default: a fixed seed. */
  readonly rng?: Rng;
}

/** What {@link sensitivity} finds, one number per example (or per position of an example, row by row). */
export interface Sensitivity {
  /** Length of the change of the outputs at each example if it had not been trained on. */
  readonly sensitivity: Float64Array;
  /** Estimated `-log p(y_i | x_i, all other examples)`, in nats; its mean estimates the loss on new data. */
  readonly leaveOneOut: Float64Array;
}

/**
 * How much each training example has shaped the posterior, and the leave-one-out loss, without training again:
 * prediction error times prediction variance (the memory-perturbation equation). With f_i the mean output at x_i,
 *
 *     error_i = gradient of -log p(y_i | f) at f_i,    variance_i = covariance of f(x_i) under the posterior
 *     change_i = variance_i error_i,   sensitivity_i = |change_i|,   leaveOneOut_i = -log p(y_i | f_i + change_i)
 *
 * Large for rare, mislabelled and outlying examples. First order in the leverage of an example: too small where a few examples
 * decide. For any posterior; made for those of `ivon`, which are fitted to the data while they train.
 *
 * @param posterior posterior that was trained on these examples.
 * @param x inputs, N examples.
 * @param y targets as `likelihood.prepareTargets` takes them.
 * @throws ConfigError if `samples` is below 2; ShapeError or DataError where the targets do not fit.
 *
 * Source: Nickl, Xu, Tailor, Moellenhoff and Khan (2023), "The Memory-Perturbation Equation"; Shen et al. (2024).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * import {ivon, sensitivity} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([16, 2], 0, 1, 'float32', 1);
 * const y = tf.sum(x, 1, true);
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'zeros'})]});
 * const optimizer = ivon(0.1, {ess: 16, beta2: 0.99});
 * model.compile({optimizer, loss: gaussian().loss});
 * await model.fit(x, y, {epochs: 5, verbose: 0});
 * const posterior = await optimizer.posterior(model, {likelihood: 'gaussian'});
 * const {leaveOneOut} = await sensitivity(posterior, x, y);
 * console.log(leaveOneOut.length); // 16
 * ```
 */
export async function sensitivity(
  posterior: Posterior,
  x: Inputs,
  y: tf.Tensor,
  {samples = 100, batchSize = 256, rng = createRng('sensitivity')}: SensitivityOptions = {},
): Promise<Sensitivity> {
  if (!Number.isInteger(samples) || samples < 2) {
    throw new ConfigError(
      `sensitivity: expected samples to be a whole number above 1, got ${samples}. Leave it at 100.`,
    );
  }
  const parts: {sensitivity: Float32Array; leaveOneOut: Float32Array}[] = [];
  for (const {start, size} of batchesOf(countInputs(x), batchSize)) {
    const [inputs, targets] = [sliceInputs(x, start, size), sliceInputs(y, start, size) as tf.Tensor];
    try {
      // A fork starts anew each time: every batch sees the same draws of the weights.
      const draws = await posterior.sampleOutputs(inputs, {samples, batchSize, rng: rng.fork('sensitivity')});
      try {
        parts.push(await ofDraws(posterior, draws, targets));
      } finally {
        draws.dispose();
      }
    } finally {
      tf.dispose([inputs, targets] as tf.TensorContainer);
    }
  }
  return {
    sensitivity: Float64Array.from(parts.flatMap((part) => Array.from(part.sensitivity))),
    leaveOneOut: Float64Array.from(parts.flatMap((part) => Array.from(part.leaveOneOut))),
  };
}

async function ofDraws(
  {likelihood}: Posterior,
  draws: tf.Tensor,
  y: tf.Tensor,
): Promise<{sensitivity: Float32Array; leaveOneOut: Float32Array}> {
  const targets = await likelihood.prepareTargets(y, draws.shape.slice(1), 'sensitivity');
  const [size, leaveOneOut] = tf.tidy(() => {
    const mean = tf.mean(draws, 0);
    const error = tf.grad((f) => tf.sum(likelihood.negLogProb(f, targets)))(mean);
    const deviations = tf.sub(draws, mean);
    const along = tf.sum(tf.mul(deviations, error), -1, true);
    const change = tf.div(tf.sum(tf.mul(deviations, along), 0), (draws.shape[0] as number) - 1);
    return [tf.sqrt(tf.sum(tf.square(change), -1)), likelihood.negLogProb(tf.add(mean, change), targets)];
  }) as [tf.Tensor, tf.Tensor];
  try {
    const [first, second] = await Promise.all([size.data(), leaveOneOut.data()]);
    return {sensitivity: first as Float32Array, leaveOneOut: second as Float32Array};
  } finally {
    tf.dispose([targets, size, leaveOneOut]);
  }
}
