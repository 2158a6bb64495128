import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Predictive} from '../src/predictive/index.ts';
import type {Assumptions} from './approximation.ts';
import {requireKnown, requireOneOf, requirePositive} from './arguments.ts';
import {maximizeEvidence} from './empirical-bayes.ts';
import type {Fitted} from './fitted.ts';
import {TUNE_OPTIONS, type TuneOptions, type TuneResult} from './options.ts';
import {predictLinearized} from './prediction.ts';
import {maximizeScore} from './validation.ts';

/** What `Laplace.tune` is to use: by the marginal likelihood, or by the score of predictions at the validation inputs. */
export async function tunePosterior(
  fitted: Fitted,
  assumptions: Assumptions,
  likelihood: Likelihood,
  options: TuneOptions,
): Promise<Omit<TuneResult, 'logMarginalLikelihood'>> {
  requireKnown(options, TUNE_OPTIONS, 'laplace.tune');
  const {method = 'marginal-likelihood', prior = 'scalar', noise = false} = options;
  requireOneOf(method, ['marginal-likelihood', 'validation'], 'method', 'laplace.tune');
  requireOneOf(prior, ['scalar', 'layer', 'tensor', 'weight'], 'prior', 'laplace.tune');
  if (method === 'marginal-likelihood') return maximizeEvidence(fitted.approximation, assumptions, {prior, noise});
  const {validationData, score = 'log-likelihood', range = [1e-4, 1e4]} = options;
  if (!validationData) {
    throw new ConfigError("laplace.tune: expected validationData: [x, y] for method 'validation', got none.");
  }
  if (prior !== 'scalar' || noise) {
    throw new ConfigError(
      "laplace.tune: expected one prior precision and no noise for method 'validation', got " +
        `prior '${prior}', noise ${noise}. Use the marginal likelihood for more.`,
    );
  }
  for (const bound of range) requirePositive(bound, 'range', 'laplace.tune');
  const [x, y] = validationData;
  const best = await maximizeScore(async (priorPrecision) => {
    const gaussian = fitted.approximation.gaussian({...assumptions, priorPrecision});
    let predictive: Predictive | undefined;
    try {
      predictive = await predictLinearized(fitted, gaussian, likelihood, x, options.predict ?? {});
      return score === 'log-likelihood' ? await meanLogProb(predictive, y) : await score(predictive, y);
    } finally {
      predictive?.dispose();
      tf.dispose([...gaussian.tensors]);
    }
  }, range);
  return {...best, noiseScale: assumptions.noiseScale};
}

/** Stays in log space, so that a label that seems impossible costs much but not infinitely much. */
async function meanLogProb(predictive: Predictive, y: tf.Tensor): Promise<number> {
  const mean = tf.tidy(() => tf.mean(predictive.logProb(y)));
  const [value] = await mean.data();
  mean.dispose();
  return value as number;
}
