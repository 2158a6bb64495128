import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ModelMismatchError, ShapeError} from '../../src/errors.ts';
import {fingerprintArchitecture} from '../../src/models/fingerprint.ts';
import {IvonPosterior} from './ivon-posterior.ts';
import type {WeightGaussian} from './posterior-fields.ts';

/** Options of {@link mergeIvon}. */
export interface MergeIvonOptions {
  /** How much each posterior counts, 0 or more. Default 1 each: posteriors of separate parts of the data. */
  readonly weights?: readonly number[];
  /** Mean of the prior that all share, in the shapes of the posteriors' `mean`; stays the caller's. Default 0, the prior of `ivon`. */
  readonly priorMean?: readonly tf.Tensor[];
}

/** Largest relative difference of prior precisions that passes for rounding. */
const SAME_PRIOR = 1e-6;

/**
 * One posterior from several that were trained on different data, without the data: the product of what each learned and
 * of the prior that all share, once. Elementwise, with P_t = ess_t (h_t + weightDecay_t) and P_0 the prior precision:
 *
 *     P = P_0 + sum_t weights_t (P_t - P_0)
 *     mean = (P_0 priorMean + sum_t weights_t (P_t mean_t - P_0 priorMean)) / P
 *
 * Exact for Gaussian posteriors of independent data; for deep nets a good one where the means are near each other, as after
 * training from the same weights. Where noise in the Hessians would bring P below P_0 / 2, it is held there. Weights that
 * are not trainable are those of the first posterior. The result owns its tensors and cannot be resumed from.
 *
 * @param posteriors posteriors of models of the same architecture, with the same `ess weightDecay`; they stay as they are.
 * @throws ConfigError if there is none, the priors or the number of weights differ, or a weight is negative.
 * @throws ModelMismatchError if the architectures differ.
 *
 * Source: Daheim, Moellenhoff, Ponti, Gurevych and Khan (2024), "Model Merging by Uncertainty-Based Gradient Matching", with
 * Hessians as in Shen et al. (2024).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * import {ivon, mergeIvon} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'zeros'})]});
 * const posteriors = [];
 * for (const seed of [1, 2]) {
 *   const x = tf.randomNormal([16, 2], 0, 1, 'float32', seed);
 *   const optimizer = ivon(0.1, {ess: 16, beta2: 0.99});
 *   model.compile({optimizer, loss: gaussian().loss});
 *   await model.fit(x, tf.sum(x, 1, true), {epochs: 5, verbose: 0});
 *   posteriors.push(await optimizer.posterior(model, {likelihood: 'gaussian'}));
 * }
 * const merged = mergeIvon(posteriors);
 * const predictive = await merged.predict(tf.ones([3, 2]));
 * console.log(predictive.kind); // 'mixture'
 * ```
 */
export function mergeIvon(posteriors: readonly IvonPosterior[], options: MergeIvonOptions = {}): IvonPosterior {
  const [first] = posteriors;
  if (first === undefined) {
    throw new ConfigError(
      'mergeIvon: expected one posterior or more, got none. Pass those of optimizer.posterior(model).',
    );
  }
  const {weights = posteriors.map(() => 1), priorMean} = options;
  if (weights.length !== posteriors.length || !weights.every((weight) => weight >= 0 && Number.isFinite(weight))) {
    throw new ConfigError(
      `mergeIvon: expected ${posteriors.length} weights of 0 or more, got [${weights.join(', ')}]. Pass one per posterior.`,
    );
  }
  const architecture = fingerprintArchitecture(first.fields.net.model);
  for (const {fields} of posteriors) {
    if (fingerprintArchitecture(fields.net.model) === architecture && fields.gaussians.length === first.mean.length)
      continue;
    throw new ModelMismatchError(
      'mergeIvon: expected models of one architecture with the same trainable weights, got different ones. Merge alike models.',
    );
  }
  if (
    priorMean &&
    priorMean.map(({shape}) => `[${shape}]`).join() !== first.mean.map(({shape}) => `[${shape}]`).join()
  ) {
    throw new ShapeError(
      'mergeIvon: expected priorMean in the shapes of the posterior means. Pass one tensor per weight.',
    );
  }
  const {net, likelihood, output, fixed, gaussians} = first.fields;
  return new IvonPosterior({
    net,
    likelihood,
    output,
    gaussians: gaussians.map((_, i) =>
      product(
        posteriors.map(({fields}) => fields.gaussians[i] as WeightGaussian),
        weights,
        priorMean?.[i],
      ),
    ),
    fixed: fixed.map((value) => tf.keep(tf.clone(value))),
    training: undefined,
  });
}

function product(
  gaussians: readonly WeightGaussian[],
  weights: readonly number[],
  priorMean: tf.Tensor | undefined,
): WeightGaussian {
  const priors = gaussians.map(({ess, weightDecay}) => ess * weightDecay);
  const [prior, ess] = [
    priors[0] as number,
    gaussians.reduce((sum, one, t) => sum + one.ess * (weights[t] as number), 0),
  ];
  if (priors.some((other) => Math.abs(other - prior) > SAME_PRIOR * prior) || ess === 0) {
    throw new ConfigError(
      `mergeIvon: expected posteriors with one prior precision ess weightDecay and weights above 0, got ${priors.join(', ')} ` +
        `and weights ${weights.join(', ')}. Train with the same product.`,
    );
  }
  const rest = prior * (1 - weights.reduce((sum, weight) => sum + weight, 0));
  const [precision, mean] = tf.tidy(() => {
    const precisions = gaussians.map((one, t) => tf.mul(one.precision, one.ess * (weights[t] as number)));
    const total = tf.maximum(tf.add(tf.addN(precisions), rest), prior / 2);
    const pulls = precisions.map((one, t) => tf.mul(one, (gaussians[t] as WeightGaussian).mean));
    const pull = priorMean ? tf.add(tf.addN(pulls), tf.mul(priorMean, rest)) : tf.addN(pulls);
    return [tf.keep(tf.div(total, ess)), tf.keep(tf.div(pull, total))];
  }) as [tf.Tensor, tf.Tensor];
  return {mean, precision, ess, weightDecay: prior / ess};
}
