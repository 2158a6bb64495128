import * as tf from '@tensorflow/tfjs-core';
import {DataError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {SampleOptions} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import {createRng} from '../src/random/index.ts';
import {requireCount, requireKnown, requireOneOf} from './arguments.ts';
import {warnOfChangedClasses} from './bridge-guard.ts';
import type {Fitted} from './fitted.ts';
import {type LaplacePredictOptions, PREDICT_OPTIONS} from './options.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** Outputs above which predictions take their variances alone. */
const CORRELATED_OUTPUTS = 100;

/** The predictive distribution at `x` of the net linearized in its weights. */
export async function predictLinearized(
  fitted: Fitted,
  gaussian: WeightGaussian,
  likelihood: Likelihood,
  x: Inputs,
  options: LaplacePredictOptions,
): Promise<Predictive> {
  const caller = 'laplace.predict';
  requireKnown(options, PREDICT_OPTIONS, caller);
  const few = fitted.weights.net.outputSize <= CORRELATED_OUTPUTS;
  const {covariance = few ? 'full' : 'diagonal', batchSize} = options;
  if (options.samples !== undefined) requireCount(options.samples, 'samples', caller);
  requireOneOf(covariance, ['full', 'diagonal'], 'covariance', caller);
  const batches = fitted.batches(x, batchSize, caller);
  const latent = covariance === 'full' ? batches.covariances(gaussian) : batches.variances(gaussian);
  try {
    await requireFinite(Object.values(latent), caller);
    const predictive = likelihood.predictive(latent, {...options, caller});
    await warnOfChangedClasses(latent.mean, predictive, options.link);
    return predictive;
  } finally {
    tf.dispose({...latent});
  }
}

/** Draws of the outputs at `x` of the net linearized in its weights, [S, N, ..., C]; the caller disposes them. */
export async function sampleLinearized(
  fitted: Fitted,
  gaussian: WeightGaussian,
  x: Inputs,
  {samples, batchSize, rng = createRng('laplace')}: SampleOptions,
): Promise<tf.Tensor> {
  const caller = 'laplace.sampleOutputs';
  requireCount(samples, 'samples', caller);
  const batches = fitted.batches(x, batchSize, caller);
  const draws = tf.tidy(() =>
    batches.draws(
      Array.from({length: samples}, () => fitted.weights.cut(gaussian.sample(rng)).map((part) => tf.tensor1d(part))),
    ),
  );
  try {
    await requireFinite([draws], caller);
    return draws;
  } catch (error) {
    draws.dispose();
    throw error;
  }
}

/** Throws `DataError` unless every number is finite; reads back one. */
async function requireFinite(tensors: readonly tf.Tensor[], caller: string): Promise<void> {
  const total = tf.tidy(() => tf.addN(tensors.map((tensor) => tf.sum(tensor))));
  const [value] = await total.data();
  total.dispose();
  if (Number.isFinite(value)) return;
  throw new DataError(
    `${caller}: expected finite means and variances of the outputs, got NaN or infinities. ` +
      'Look for NaN, infinities and very large numbers in x.',
  );
}
