import * as tf from '@tensorflow/tfjs-core';
import type {Draws} from '../../src/diagnostics/index.ts';
import type {DualAveragingState, RunningVariance} from '../../src/samplers/index.ts';
import {warn} from '../../src/warn.ts';
import type {SamplerTarget} from './target.ts';

/** Rows of theta that are mapped to parameters in one tensor pass. */
const ROWS = 4096;

/** A transition whose energy error grew without bounds, among the draws that are kept. */
export interface Divergence {
  /** The chain. */
  readonly chain: number;
  /** The draw, counted from 0 after warm-up. */
  readonly draw: number;
}

/** How sampling went. */
export interface SamplerStatistics {
  /** Mean acceptance probability after warm-up. */
  readonly acceptance: number;
  /** Length of a leapfrog step. */
  readonly stepSize: number;
  /** Leapfrog steps after warm-up, all chains together. */
  readonly steps: number;
  /** Transitions that diverged after warm-up: the draws miss a region near there. Raise `targetAcceptance` or rewrite the model. */
  readonly divergences: readonly Divergence[];
  /** Transitions that were cut at the largest tree depth (NUTS): slow, not wrong. */
  readonly saturated: number;
  /** The adapted variances of theta's columns, the diagonal inverse mass. */
  readonly inverseMass: Float64Array;
}

/** A chain at rest, plain numbers. */
export interface ChainState {
  /** Where it is in unconstrained space. */
  readonly position: number[];
  /** The log density there. */
  readonly logDensity: number;
  /** The gradient there. */
  readonly gradient: number[];
  /** The state of its random stream. */
  readonly stream: number[];
}

/** A sampler between two transitions, plain numbers and arrays: `JSON.stringify` writes it, `resume` goes on from it. */
export interface SamplerState {
  /** Which sampler. */
  readonly kind: 'nuts' | 'hmc' | 'chees';
  /** D. */
  readonly dimension: number;
  /** Transitions of warm-up, as the run was started. */
  readonly warmup: number;
  /** Transitions done, warm-up included. */
  readonly iteration: number;
  /** The chains. */
  readonly chains: readonly ChainState[];
  /** Step length after warm-up. */
  readonly stepSize: number;
  /** How the step length of each chain adapts, or the one that all share (ChEES). */
  readonly adaptations: readonly DualAveragingState[];
  /** Variances in use. */
  readonly inverseMass: readonly number[];
  /** Moments of the window of warm-up. */
  readonly window: RunningVariance;
  /** The trajectory length and its optimizer (ChEES). */
  readonly trajectory?: TrajectoryState;
  /** Draws so far: for each chain theta after theta. */
  readonly draws: readonly (readonly number[])[];
  /** Divergences so far. */
  readonly divergences: readonly Divergence[];
  /** Summed acceptance probabilities after warm-up. */
  readonly acceptance: number;
  /** Leapfrog steps after warm-up. */
  readonly steps: number;
  /** Transitions cut at the largest depth. */
  readonly saturated: number;
}

/** How ChEES's trajectory length adapts. */
export interface TrajectoryState {
  /** Logarithm of the length in use. */
  readonly logTime: number;
  /** Its moving average, used after warm-up. */
  readonly logAverage: number;
  /** First moment of Adam. */
  readonly first: number;
  /** Second moment of Adam. */
  readonly second: number;
  /** Updates so far. */
  readonly count: number;
  /** Moving average of the logarithm of the step length. */
  readonly logStepAverage: number;
}

/** Where a run stands. */
export interface SamplerProgress {
  /** `'warmup'` or `'sampling'`. */
  readonly phase: 'warmup' | 'sampling';
  /** Transitions of each chain done, warm-up included. */
  readonly iteration: number;
  /** Transitions of each chain in all. */
  readonly total: number;
  /** Divergences after warm-up so far. */
  readonly divergences: number;
  /** The state to resume from, made when called. */
  state(): SamplerState;
}

/** What every sampler returns. */
export interface McmcResult {
  /** The draws by parameter, with what `derive` computes. */
  readonly draws: Draws;
  /** The same draws in unconstrained space, as parameter `theta` of shape [D]. */
  readonly unconstrained: Draws;
  /** How sampling went. */
  readonly statistics: SamplerStatistics;
  /** The state to go on from: the same call with `resume` and more `draws`. */
  readonly state: SamplerState;
}

/** Maps the draws to parameters and gathers what a sampler returns. */
export async function resultOf(target: SamplerTarget, state: SamplerState): Promise<McmcResult> {
  const {dimension, chains} = state;
  const draws = (state.draws[0]?.length ?? 0) / dimension;
  const theta = Float64Array.from(state.draws.flat());
  const unconstrained: Draws = {
    chains: chains.length,
    draws,
    parameters: {theta: {shape: [dimension], values: theta}},
  };
  const count = chains.length * draws;
  if (state.divergences.length > 0) {
    warn(
      `${state.kind}: ${state.divergences.length} of ${count} transitions diverged after warm-up. The draws may miss a ` +
        'region of high curvature: raise targetAcceptance or rewrite the model (non-centred).',
    );
  }
  return {
    draws: target.constrain ? await constrained(target.constrain, unconstrained, dimension) : unconstrained,
    unconstrained,
    statistics: {
      acceptance: state.acceptance / count,
      stepSize: state.stepSize,
      steps: state.steps,
      divergences: state.divergences,
      saturated: state.saturated,
      inverseMass: Float64Array.from(state.inverseMass),
    },
    state,
  };
}

/** The parameters at draws of `theta`. */
export async function constrained(
  constrain: (theta: tf.Tensor2D) => tf.NamedTensorMap,
  {chains, draws, parameters}: Draws,
  dimension: number,
): Promise<Draws> {
  const theta = (parameters.theta as {values: Float64Array}).values;
  const count = chains * draws;
  const made: Record<string, {shape: number[]; values: Float64Array}> = {};
  for (let from = 0; from < count; from += ROWS) {
    const rows = Math.min(ROWS, count - from);
    const values = tf.tidy(() => {
      const part = Float32Array.from(theta.subarray(from * dimension, (from + rows) * dimension));
      return constrain(tf.tensor2d(part, [rows, dimension]));
    });
    for (const [name, value] of Object.entries(values)) {
      const shape = value.shape.slice(1);
      const size = tf.util.sizeFromShape(shape);
      made[name] ??= {shape, values: new Float64Array(count * size)};
      made[name].values.set(await value.data(), from * size);
    }
    tf.dispose(values);
  }
  return {chains, draws, parameters: made};
}
