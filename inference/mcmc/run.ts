import {createRng, type Rng} from '../../src/random/index.ts';
import {type DualAveragingState, startVariance} from '../../src/samplers/index.ts';
import type {Rest} from './integrator.ts';
import {type SamplerOptions, startingPoints} from './options.ts';
import type {Divergence, SamplerState} from './result.ts';
import {checkStart, type Evaluate} from './target.ts';

/** A chain between transitions. */
export interface Chain {
  rest: Rest;
  readonly rng: Rng;
}

/** What changes during a run of any sampler. */
export interface Run {
  readonly chains: Chain[];
  iteration: number;
  stepSize: number;
  /** How the step length of each chain adapts, or the one that all share. */
  adaptations: DualAveragingState[];
  inverseMass: Float64Array;
  window: SamplerState['window'];
  readonly draws: number[][];
  readonly divergences: Divergence[];
  acceptance: number;
  steps: number;
  saturated: number;
}

/** A run before its first transition. */
export async function startRun(
  kind: SamplerState['kind'],
  evaluate: Evaluate,
  {chains, dimension}: {chains: number; dimension: number},
  {initial, rng}: SamplerOptions,
): Promise<Run> {
  const {positions, streams} = startingPoints(kind, initial, {chains, dimension, rng});
  const evaluated = await evaluate(positions);
  return {
    chains: evaluated.map((at, c) => {
      checkStart(kind, at);
      return {rest: {position: positions[c] as Float64Array, ...at}, rng: streams[c] as Rng};
    }),
    iteration: 0,
    stepSize: 1,
    adaptations: [],
    inverseMass: new Float64Array(dimension).fill(1),
    window: startVariance(dimension),
    draws: evaluated.map(() => []),
    divergences: [],
    acceptance: 0,
    steps: 0,
    saturated: 0,
  };
}

/** Keeps what one transition of a chain gave. */
export function recordDraw(
  run: Run,
  {chain, draw}: Divergence,
  {acceptance, steps, diverged}: {acceptance: number; steps: number; diverged: boolean},
  position: Float64Array,
): void {
  const kept = run.draws[chain];
  for (const value of position) kept?.push(value); // a spread of a large position overflows the stack
  run.acceptance += acceptance;
  run.steps += steps;
  if (diverged) run.divergences.push({chain, draw});
}

/** The run as plain numbers and arrays. */
export function saveRun(
  run: Run,
  {kind, dimension, warmup}: Pick<SamplerState, 'kind' | 'dimension' | 'warmup'>,
): SamplerState {
  return {
    kind,
    dimension,
    warmup,
    iteration: run.iteration,
    chains: run.chains.map(({rest, rng}) => ({
      position: [...rest.position],
      logDensity: rest.logDensity,
      gradient: [...rest.gradient],
      stream: [...rng.getState()],
    })),
    stepSize: run.stepSize,
    adaptations: [...run.adaptations],
    inverseMass: [...run.inverseMass],
    window: run.window,
    draws: run.draws.map((chain) => [...chain]),
    divergences: [...run.divergences],
    acceptance: run.acceptance,
    steps: run.steps,
    saturated: run.saturated,
  };
}

/** The run that a state was saved of. */
export function restoreRun(state: SamplerState): Run {
  const {iteration, stepSize, window, acceptance, steps, saturated} = state;
  return {
    chains: state.chains.map(({position, logDensity, gradient, stream}) => ({
      rest: {position: Float64Array.from(position), logDensity, gradient: Float64Array.from(gradient)},
      rng: createRng({state: Int32Array.from(stream)}),
    })),
    iteration,
    stepSize,
    adaptations: [...state.adaptations],
    inverseMass: Float64Array.from(state.inverseMass),
    window,
    draws: state.draws.map((chain) => [...chain]),
    divergences: [...state.divergences],
    acceptance,
    steps,
    saturated,
  };
}
