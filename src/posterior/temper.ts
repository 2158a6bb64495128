import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Inputs} from '../models/index.ts';
import type {BernoulliPredictive, CategoricalPredictive, LatentGaussian, Predictive} from '../predictive/index.ts';
import {temperMembers} from './calibration.ts';
import type {Posterior, PredictOptions} from './posterior.ts';

/** Predictions whose logits are divided by a temperature before they are averaged. */
interface TemperedPredictions {
  /** The prediction at a temperature; the caller's. */
  at(temperature: number): Promise<Predictive>;
  /** Disposes what was kept to make them. */
  dispose(): void;
}

/**
 * What divides logits before averaging: a latent Gaussian if the prediction has one, else its members, else draws. The
 * prediction, made with `keepMembers`, stays the caller's.
 */
export async function temperBefore(
  posterior: Posterior,
  x: Inputs,
  predictive: Predictive,
  options: PredictOptions,
): Promise<TemperedPredictions> {
  if (predictive.kind !== 'categorical' && predictive.kind !== 'bernoulli') {
    throw new ConfigError(
      `calibrated: expected predictions of classes for a temperature, got '${predictive.kind}'. Use the method ` +
        "'variance-scaling' for numbers.",
    );
  }
  const {latent} = predictive;
  if (latent !== undefined) {
    return {at: async (temperature) => ofLatent(posterior, latent, temperature, options), dispose: () => {}};
  }
  if (await hasEqualMembers(predictive)) {
    return {at: async (temperature) => (await temperMembers(predictive, temperature)) as Predictive, dispose: () => {}};
  }
  const {samples = 100, batchSize, rng} = options;
  const draws = await posterior.sampleOutputs(x, {
    samples,
    ...(batchSize !== undefined && {batchSize}),
    ...(rng && {rng}),
  });
  return {
    at: async (temperature) => {
      const divided = tf.div(draws, temperature);
      try {
        return posterior.likelihood.predictive({draws: divided}, options);
      } finally {
        divided.dispose();
      }
    },
    dispose: () => draws.dispose(),
  };
}

async function hasEqualMembers(predictive: CategoricalPredictive | BernoulliPredictive): Promise<boolean> {
  const probe = await temperMembers(predictive, 1);
  probe?.dispose();
  return probe !== undefined;
}

function ofLatent(
  {likelihood}: Posterior,
  {mean, variance, covariance}: LatentGaussian,
  temperature: number,
  options: PredictOptions,
): Predictive {
  const square = temperature ** 2;
  const divided: LatentGaussian = {
    mean: tf.div(mean, temperature),
    ...(variance && {variance: tf.div(variance, square)}),
    ...(covariance && {covariance: tf.div(covariance, square)}),
  };
  try {
    return likelihood.predictive(divided, options);
  } finally {
    tf.dispose({...divided});
  }
}
