import * as tf from '@tensorflow/tfjs-core';
import {scalarChains} from '../../src/diagnostics/draws.ts';
import {type Draws, type ParetoSmoothed, paretoSmooth} from '../../src/diagnostics/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {constrained} from '../mcmc/result.ts';
import {checkCount, checkDimensions} from './checks.ts';
import type {VariationalFamily} from './family.ts';
import type {VariationalTarget} from './target.ts';

/** A number and the standard error of its Monte-Carlo estimate. */
export interface MonteCarloEstimate {
  /** The estimate. */
  readonly value: number;
  /** Its standard error. */
  readonly error: number;
}

/** Mean and standard deviation of one number. */
export interface CorrectedMoments {
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly sd: number;
}

/** Draws of q and what their weights p / q say about it. */
export interface ImportanceSample extends ParetoSmoothed {
  /** The draws of q by parameter, one chain, uncorrected: every draw counts the same. */
  readonly draws: Draws;
  /** The same draws in unconstrained space, as parameter `theta` of shape [D]. */
  readonly unconstrained: Draws;
  /** log p - log q of each draw, in nats; -Infinity where the target has no density. */
  readonly logRatios: Float64Array;
  /** The evidence lower bound, their mean: -Infinity where q reaches beyond the target's support. */
  readonly elbo: MonteCarloEstimate;
  /** log of the mean of p / q: the log evidence where p is a joint density. Trust it as far as k-hat (`shape`) allows. */
  readonly logEvidence: MonteCarloEstimate;
  /** Mean and sd of each number by its name, such as `'beta[0]'`, corrected by the smoothed weights. */
  corrected(): Readonly<Record<string, CorrectedMoments>>;
}

/** Options of {@link importanceSample}. */
export interface ImportanceOptions {
  /** How many draws. Default 2000. */
  readonly draws?: number;
  /** How many of them go through the model in one pass: fewer where the data are many. Default 500. */
  readonly pointsPerPass?: number;
  /** The random stream, used up from where it is; default `createRng(0)`. */
  readonly rng?: Rng;
}

/**
 * Draws from a fitted family and weighs them by the target: whether q can be trusted (k-hat), what the bound and the evidence are,
 * and expectations corrected for what q gets wrong.
 *
 * The weights p / q are Pareto-smoothed in float64 ({@link paretoSmooth}); terms of the log density are added up in float64.
 *
 * @param target what was approximated, with all its data.
 * @param family the fitted family; where its `exactDensity` is false, only the draws mean something.
 * @param options how many draws.
 *
 * @throws ConfigError if a count is no whole number above 0, or the family has another dimension than the target.
 * @throws DataError if no log weight is finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {importanceSample, meanField} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const logDensity = (theta: tf.Tensor2D) => tf.mul(tf.sum(tf.square(theta), 1), -0.5) as tf.Tensor1D;
 * const target = {dimension: 1, logDensity};
 * const family = meanField({dimension: 1, scale: 1.2});
 * const {shape, threshold, logEvidence} = await importanceSample(target, family);
 * console.log(shape < threshold, logEvidence.value);   // true, near 0.92 = log(2 pi) / 2
 * family.dispose();
 * ```
 */
export async function importanceSample(
  target: VariationalTarget,
  family: VariationalFamily,
  {draws = 2000, pointsPerPass = 500, rng = createRng(0)}: ImportanceOptions = {},
): Promise<ImportanceSample> {
  checkCount('importanceSample', 'draws', draws);
  checkCount('importanceSample', 'pointsPerPass', pointsPerPass);
  checkDimensions('importanceSample', family, target);
  const {theta, logRatios} = await weigh(target, family, {draws, pointsPerPass, rng});
  const smoothed = paretoSmooth(logRatios);
  const {unconstrained, draws: named} = await namedDraws(target, theta);
  return {
    ...smoothed,
    draws: named,
    unconstrained,
    logRatios,
    elbo: meanOf(logRatios),
    logEvidence: logMeanOf(logRatios),
    corrected: () => weightedMoments(named, smoothed.logWeights),
  };
}

/** Draws of `theta`, one chain, and the parameters there. */
export async function namedDraws(
  target: VariationalTarget,
  theta: Float64Array,
): Promise<Pick<ImportanceSample, 'draws' | 'unconstrained'>> {
  const {dimension, constrain} = target;
  const parameters = {theta: {shape: [dimension], values: theta}};
  const unconstrained: Draws = {chains: 1, draws: theta.length / dimension, parameters};
  if (constrain === undefined) return {draws: unconstrained, unconstrained};
  return {draws: await constrained((at) => constrain.call(target, at), unconstrained, dimension), unconstrained};
}

interface Passes {
  readonly draws: number;
  readonly pointsPerPass: number;
  readonly rng: Rng;
}

async function weigh(
  target: VariationalTarget,
  family: VariationalFamily,
  {draws, pointsPerPass, rng}: Passes,
): Promise<{theta: Float64Array; logRatios: Float64Array}> {
  const {dimension} = family;
  const theta = new Float64Array(draws * dimension);
  const logRatios = new Float64Array(draws);
  for (let from = 0; from < draws; from += pointsPerPass) {
    const count = Math.min(pointsPerPass, draws - from);
    const drawn = tf.tidy(() => {
      const {theta: points, logDensity} = family.draw(rng, count);
      const terms = target.logDensityTerms?.(points) ?? tf.expandDims(target.logDensity(points), 1);
      return [points, logDensity, terms] as const;
    });
    const [points, density, terms] = await Promise.all(drawn.map((tensor) => tensor.data()));
    tf.dispose([...drawn]);
    theta.set(points as Float32Array, from * dimension);
    const width = (terms as Float32Array).length / count;
    for (let i = 0; i < count; i++) {
      let sum = -((density as Float32Array)[i] as number);
      for (let j = i * width; j < (i + 1) * width; j++) sum += (terms as Float32Array)[j] as number;
      logRatios[from + i] = Number.isNaN(sum) ? -Infinity : sum;
    }
  }
  return {theta, logRatios};
}

function meanOf(values: Float64Array): MonteCarloEstimate {
  const count = values.length;
  const value = values.reduce((sum, each) => sum + each, 0) / count;
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  return {value, error: Math.sqrt(squares / (count - 1) / count)};
}

/** log of the mean exponential; the error by the delta method. */
function logMeanOf(values: Float64Array): MonteCarloEstimate {
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const {value, error} = meanOf(values.map((each) => Math.exp(each - largest)));
  return {value: largest + Math.log(value), error: error / value};
}

function weightedMoments(draws: Draws, logWeights: Float64Array): Record<string, CorrectedMoments> {
  const weights = logWeights.map(Math.exp);
  const entries = [...scalarChains(draws)].map(([label, [series]]) => {
    const values = series as Float64Array;
    const mean = values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
    const variance = values.reduce((sum, value, i) => sum + (value - mean) ** 2 * (weights[i] as number), 0);
    return [label, {mean, sd: Math.sqrt(variance)}] as const;
  });
  return Object.fromEntries(entries);
}
