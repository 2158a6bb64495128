import * as tf from '@tensorflow/tfjs-core';
import {ecdfBand, sbcRank} from '../../src/diagnostics/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {batchesOf, sliceInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {binomialQuantile} from '../../src/special/index.ts';
import {checkCounts} from '../flows/stack.ts';
import type {AmortizedPosterior} from './amortized-posterior.ts';
import {type DataSets, withSimulations} from './simulator.ts';

/** The central intervals whose coverage is counted. */
const INTERVALS = [0.5, 0.8, 0.9, 0.95];
/** Draws that are read back at a time. */
const DRAWS_AT_A_TIME = 2 ** 18;

/** Options of {@link checkAmortized}. */
export interface CheckAmortizedOptions {
  /** L, how many data sets are simulated. Default 200. */
  readonly simulations?: number;
  /** S, posterior draws for each. Default 1000. */
  readonly draws?: number;
  /** The chance that an exact posterior passes simulation-based calibration, over all parameters together. Default 0.95. */
  readonly level?: number;
  /** Draws the simulations and the posteriors; only forked. Default `createRng('closed world')`. */
  readonly rng?: Rng;
}

/** How often central intervals held the true value. */
export interface IntervalCoverage {
  /** The share of the posterior that an interval holds. */
  readonly level: number;
  /** The share of simulations whose true value it held. */
  readonly coverage: number;
  /** Whether that is no further than chance allows from the share of ranks in the interval, which is the level but for whole draws. */
  readonly passed: boolean;
}

/** What {@link checkAmortized} says about one column of theta. */
export interface ParameterCheck {
  /** The column's name. */
  readonly name: string;
  /** SBC ranks, 0 to S, one for each simulation. */
  readonly ranks: Float64Array;
  /** How far the ranks' distribution function leaves its simultaneous band at most; 0 inside. */
  readonly bandExcess: number;
  /** Whether the ranks are uniform as far as can be told: required. */
  readonly calibrated: boolean;
  /** Coverage of central intervals. */
  readonly coverage: readonly IntervalCoverage[];
  /** Correlation of posterior mean and true value, from 0 where the data say nothing to 1. */
  readonly recovery: number;
  /** Mean over simulations of 1 - posterior variance / prior variance: 0 where the data say nothing, 1 where they say all. */
  readonly contraction: number;
  /** (posterior mean - true value) / posterior sd in each simulation. */
  readonly zScores: Float64Array;
  /** Their mean: 0 unless the posterior is off to one side. */
  readonly zMean: number;
  /** Their standard deviation: 1; above, the posterior is too narrow, below, too wide. */
  readonly zSd: number;
  /** In words. */
  readonly verdict: string;
}

/** What {@link checkAmortized} returns. */
export interface AmortizedCheck {
  /** One entry for each column of theta. */
  readonly parameters: readonly ParameterCheck[];
  /** Whether every parameter is calibrated. Weak recovery is no failure: data may say little. */
  readonly passed: boolean;
}

/**
 * Checks an amortized posterior in the closed world, on data sets of its own simulator: simulation-based calibration (SBC),
 * coverage, parameter recovery, and z-scores with contraction.
 *
 *     theta ~ prior,   data ~ p(data | theta),   theta_1..S ~ q(theta | data),   rank = #{theta_s < theta}
 *
 * Ranks are uniform if q is the posterior; each parameter's distribution function of ranks must stay in its simultaneous
 * band. Passing says that q is right on average over the simulator's data sets; it says nothing about other data.
 *
 * If it fails, take more simulations, more epochs, or larger networks.
 *
 * Source: Talts et al. (2018); Säilynoja, Bürkner and Vehtari (2022); Schad, Betancourt and Vasishth (2021).
 *
 * @param posterior a trained posterior.
 * @param options how many simulations and draws.
 *
 * @throws ConfigError unless counts are whole, 2 simulations and draws or more, and the level lies between 0 and 1; ShapeError if the
 * simulator does not give a row for each simulation.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {affineCouplingFlow, amortizedPosterior, checkAmortized, createModel, normal, statisticsSummary} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const posterior = amortizedPosterior({
 *   simulator: createModel({
 *     parameters: {mu: normal(0, 1)},
 *     observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: tf.zeros([4])}}),
 *   }),
 *   summaryNetwork: statisticsSummary({outputDimension: 1, compute: (y) => tf.mean(y as tf.Tensor, 1, true)}),
 *   flow: affineCouplingFlow({dimension: 1, contextDimension: 1, layers: 1, hidden: [4]}),
 * });
 * await posterior.train({simulations: 200, validation: 50, epochs: 2});   // too few: it will not pass
 * const {passed, parameters} = await checkAmortized(posterior, {simulations: 100, draws: 99});
 * console.log(passed, parameters.map(({name, verdict}) => `${name}: ${verdict}`));
 * posterior.dispose();
 * ```
 */
export async function checkAmortized(
  posterior: AmortizedPosterior,
  options: CheckAmortizedOptions = {},
): Promise<AmortizedCheck> {
  const {simulations = 200, draws = 1000, level = 0.95, rng = createRng('closed world')} = options;
  checkCounts('checkAmortized', {simulations: [simulations, 2], draws: [draws, 2]});
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`checkAmortized: expected a level between 0 and 1, got ${level}. Leave it out for 0.95.`);
  }
  const {dimension, names} = posterior;
  const columns = names.map(() => ({
    truth: new Float64Array(simulations),
    mean: new Float64Array(simulations),
    sd: new Float64Array(simulations),
    ranks: new Float64Array(simulations),
  }));
  const simulated = {rng: rng.fork('simulations'), count: simulations};
  await withSimulations('checkAmortized', posterior.simulator, simulated, async ({theta, data}) => {
    const truth = await theta.data();
    for (const {start, size} of batchesOf(simulations, Math.max(1, Math.floor(DRAWS_AT_A_TIME / draws)))) {
      const sampled = tf.tidy(() => {
        const part = sliceInputs(data, start, size) as DataSets;
        return posterior.sample(part, {draws, rng: rng.fork('draws').fork(start)}).theta;
      });
      const values = await sampled.data();
      sampled.dispose();
      for (let i = 0; i < size; i++) {
        columns.forEach((column, d) => {
          const at = Float64Array.from({length: draws}, (_, s) => values[(i * draws + s) * dimension + d] as number);
          const {mean, sd} = momentsOf(at);
          column.truth[start + i] = truth[(start + i) * dimension + d] as number;
          column.mean[start + i] = mean;
          column.sd[start + i] = sd;
          column.ranks[start + i] = sbcRank(column.truth[start + i] as number, at);
        });
      }
    }
  });
  // Each parameter may fail by chance with an equal part of what all together may.
  const error = (1 - level) / dimension;
  const {points, lower, upper} = ecdfBand(simulations, {level: 1 - error});
  const spread = rng.fork('spread').uniforms(simulations);
  const parameters = columns.map((column, d) => {
    const positions = column.ranks.map((rank, i) => (rank + (spread[i] as number)) / (draws + 1)).sort();
    const excess = points.map((point, i) => {
      const reached = positions.filter((position) => position <= point).length / simulations;
      return Math.max((lower[i] as number) - reached, reached - (upper[i] as number), 0);
    });
    return parameterCheck(names[d] as string, column, {draws, error, bandExcess: Math.max(...excess)});
  });
  return {parameters, passed: parameters.every(({calibrated}) => calibrated)};
}

interface Column {
  readonly truth: Float64Array;
  readonly mean: Float64Array;
  readonly sd: Float64Array;
  readonly ranks: Float64Array;
}

function parameterCheck(
  name: string,
  {truth, mean, sd, ranks}: Column,
  {draws, error, bandExcess}: {draws: number; error: number; bandExcess: number},
): ParameterCheck {
  const prior = momentsOf(truth);
  const zScores = mean.map((m, i) => (m - (truth[i] as number)) / (sd[i] as number));
  const z = momentsOf(zScores);
  const contraction = momentsOf(sd.map((s) => 1 - (s / prior.sd) ** 2)).mean;
  const recovery = correlation(mean, truth);
  const calibrated = bandExcess === 0;
  return {
    name,
    ranks,
    bandExcess,
    calibrated,
    coverage: INTERVALS.map((level) => coverageOf(ranks, level, {draws, error: error / INTERVALS.length})),
    recovery,
    contraction,
    zScores,
    zMean: z.mean,
    zSd: z.sd,
    verdict: calibrated ? informed(contraction) : fault(z, mean.length),
  };
}

/** A central interval holds the true value where its rank is in the middle; with few draws the ranks in it are another share than its level. */
function coverageOf(
  ranks: Float64Array,
  level: number,
  {draws, error}: {draws: number; error: number},
): IntervalCoverage {
  const tail = ((1 - level) / 2) * (draws + 1);
  const holds = (rank: number) => rank + 0.5 > tail && rank + 0.5 < draws + 1 - tail;
  const held = ranks.filter(holds).length;
  const share = Array.from({length: draws + 1}, (_, rank) => rank).filter(holds).length / (draws + 1);
  const [from, to] = [
    binomialQuantile(ranks.length, share, error / 2),
    binomialQuantile(ranks.length, share, 1 - error / 2),
  ];
  return {level, coverage: held / ranks.length, passed: held >= from && held <= to};
}

function informed(contraction: number): string {
  const percent = `${Math.round(100 * Math.max(0, contraction))} % of the prior variance is gone`;
  if (contraction > 0.9) return `calibrated; well identified: ${percent}`;
  return contraction > 0.2 ? `calibrated; partly identified: ${percent}` : `calibrated; weakly identified: ${percent}`;
}

function fault({mean, sd}: {mean: number; sd: number}, count: number): string {
  const faults = [
    ...(Math.abs(mean) > (3 * sd) / Math.sqrt(count) ? [`shifted by ${mean.toFixed(2)} sd`] : []),
    ...(sd > 1 + 3 / Math.sqrt(2 * count) ? [`too narrow: errors of ${sd.toFixed(2)} sd`] : []),
    ...(sd < 1 - 3 / Math.sqrt(2 * count) ? [`too wide: errors of ${sd.toFixed(2)} sd`] : []),
  ];
  return `not calibrated; ${faults.join(' and ') || 'of another shape'}. Train on more simulations or larger networks`;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [momentsOf(a), momentsOf(b)];
  const products = a.map((value, i) => (value - ma.mean) * ((b[i] as number) - mb.mean));
  return products.reduce((sum, product) => sum + product, 0) / ((a.length - 1) * ma.sd * mb.sd);
}

function momentsOf(values: Float64Array): {mean: number; sd: number} {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {mean, sd: Math.sqrt(squares / (values.length - 1))};
}
