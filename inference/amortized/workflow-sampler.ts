import {nestedRHat, rHat} from '../../src/diagnostics/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {chees} from '../mcmc/chees.ts';
import {nuts} from '../mcmc/nuts.ts';
import type {Evaluate} from '../mcmc/target.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import type {WorkflowSettings} from './workflow-options.ts';

/** Columns that are freed of their scales want no longer trajectories of NUTS; others would wait for those that do. */
const MAX_DEPTH = 7;

/** Where the sampler of a data set begins. */
export interface SamplerStart {
  /** A point for each chain, or superchain. */
  readonly points: readonly Float64Array[];
  /** The scale of each column, which the sampler is freed of. */
  readonly scales: Float64Array;
}

/** The draws of a sampler with what decides whether they are accepted. */
export type Sampled = Pick<DatasetOutcome, 'status' | 'draws'> & {
  readonly diagnostics: Required<Pick<DatasetOutcome['diagnostics'], 'rHat' | 'acceptance' | 'divergences'>>;
};

/** Samples the posterior of one data set from points near its bulk, with each column divided by its scale. */
export async function sampleFrom(
  {points, scales}: SamplerStart,
  evaluate: Evaluate,
  {sampler, maxRHat}: WorkflowSettings,
  rng: Rng,
): Promise<Sampled> {
  const dimension = scales.length;
  const {kind, chains, subchains, warmup, draws} = sampler;
  const initial = Array.from({length: chains * subchains}, (_, c) =>
    divide(points[Math.floor(c / subchains) % points.length] as Float64Array, scales),
  );
  const scaled: Evaluate = async (asked) =>
    (await evaluate(asked.map((point) => multiply(point, scales)))).map(({logDensity, gradient}) => ({
      logDensity,
      gradient: multiply(gradient, scales),
    }));
  const target = {dimension, logDensity: unasked, evaluate: scaled};
  const options = {chains: initial.length, warmup, draws, rng, initial};
  const run = kind === 'chees' ? chees(target, options) : nuts(target, {...options, maxDepth: MAX_DEPTH});
  const {unconstrained, statistics} = await run;
  const values = (unconstrained.parameters.theta as {values: Float64Array}).values;
  const largest = Math.max(
    ...Array.from({length: dimension}, (_, column) => {
      const series = initial.map((__, c) =>
        Float64Array.from({length: draws}, (___, t) => values[(c * draws + t) * dimension + column] as number),
      );
      return kind === 'chees' ? nestedRHat(series, {superchains: chains}) : rHat(series);
    }),
  );
  return {
    status: largest < maxRHat ? 'accepted' : 'needs-review',
    draws: Float32Array.from(values, (value, i) => value * (scales[i % dimension] as number)),
    diagnostics: {rHat: largest, acceptance: statistics.acceptance, divergences: statistics.divergences.length},
  };
}

/** Stands where `evaluate` answers. */
function unasked(): never {
  throw new Error('sampleFrom: expected densities to be evaluated side by side, got a call for one data set.');
}

function multiply(point: Float64Array, scales: Float64Array): Float64Array {
  return point.map((value, i) => value * (scales[i] as number));
}

function divide(point: Float64Array, scales: Float64Array): Float64Array {
  return point.map((value, i) => value / (scales[i] as number));
}
