import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../errors.ts';
import type {DrawPlan} from '../predictive/latent-draws.ts';
import type {LatentDraws, LatentGaussian} from '../predictive/predictive.ts';
import {describeShape} from '../predictive/targets.ts';
import {createRng} from '../random/index.ts';
import type {Link, PredictiveOptions} from './likelihood.ts';

const DEFAULT_SEED = 0;

/** Options of a prediction, with every default filled in. */
export interface CheckedOptions {
  /** How a Gaussian over f becomes a prediction. */
  readonly link: Link;
  /** The draws to take. */
  readonly plan: DrawPlan;
  /** Whether to keep the prediction of each draw. */
  readonly keepMembers: boolean;
}

/** The link and the plan of draws that `options` ask for, checked against the links that there are, the default first. */
export function checkPredictiveOptions(
  ownName: string,
  options: PredictiveOptions,
  links: readonly [Link, ...Link[]],
): CheckedOptions {
  const {link = links[0], samples = 100, rng = createRng(DEFAULT_SEED), offset = 0, keepMembers = false} = options;
  const {caller = ownName} = options;
  if (!links.includes(link)) {
    throw new ConfigError(
      `${caller}: expected link to be one of ${links.map((name) => `'${name}'`).join(', ')}, got '${link}'. ` +
        `Leave it out for '${links[0]}', or pass 'mc' for a Monte Carlo average.`,
    );
  }
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(
      `${caller}: expected samples to be a whole number above 0, got ${samples}. Pass 100, for example.`,
    );
  }
  if (!Number.isInteger(offset) || offset < 0) {
    throw new ConfigError(
      `${caller}: expected offset to be a whole number from 0, got ${offset}. Pass an example's index.`,
    );
  }
  return {link, plan: {samples, rng, offset}, keepMembers};
}

/** Throws unless the shapes of a mean, its variances and its covariances, or of draws, fit together. */
export function checkLatent(caller: string, latent: LatentGaussian | LatentDraws): void {
  if ('draws' in latent) {
    if (latent.draws.rank >= 3 && (latent.draws.shape[0] ?? 0) > 0) return;
    throw new ShapeError(
      `${caller}: expected draws of shape [S, N, ..., C] with S at least 1, got ${describeShape(latent.draws.shape)}. ` +
        'Stack the draws on a first axis.',
    );
  }
  const {mean, variance, covariance} = latent;
  const outputs = mean.shape.at(-1) ?? 0;
  checkShape(caller, 'variance', variance, mean.shape);
  checkShape(caller, 'covariance', covariance, [...mean.shape, outputs]);
}

function checkShape(caller: string, what: string, tensor: tf.Tensor | undefined, shape: number[]): void {
  if (tensor === undefined || tf.util.arraysEqual(tensor.shape, shape)) return;
  throw new ShapeError(
    `${caller}: expected ${what} of shape ${describeShape(shape)} for this mean, got ${describeShape(tensor.shape)}. ` +
      'Pass variances [N, ..., C], or covariances [N, ..., C, C].',
  );
}

/** The same latent Gaussian in tensors of its own. */
export function cloneLatent({mean, variance, covariance}: LatentGaussian): LatentGaussian {
  return {
    mean: tf.clone(mean),
    ...(variance && {variance: tf.clone(variance)}),
    ...(covariance && {covariance: tf.clone(covariance)}),
  };
}
