import {ConfigError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {SamplerProgress, SamplerState} from './result.ts';

/** What all samplers take. */
export interface SamplerOptions {
  /** How many chains run side by side in one tensor pass; each is a few numbers more, not a pass more. */
  readonly chains?: number;
  /** Transitions that adapt the step length and the inverse mass, and are thrown away. */
  readonly warmup?: number;
  /** Draws of each chain that are kept. */
  readonly draws?: number;
  /** The random stream; default `createRng(0)`. */
  readonly rng?: Rng;
  /** The acceptance probability that the step length is adapted to. */
  readonly targetAcceptance?: number;
  /** Starting points in unconstrained space, one for each chain; default uniform in (-2, 2). */
  readonly initial?: readonly ArrayLike<number>[];
  /** Called every few transitions. */
  readonly onProgress?: (progress: SamplerProgress) => void;
  /** A state to go on from; `chains`, `warmup`, `rng` and `initial` are then its own. */
  readonly resume?: SamplerState;
}

/** Throws unless counts are whole and the acceptance lies between 0 and 1. */
export function checkOptions(
  caller: string,
  {chains, warmup, draws, targetAcceptance}: {chains: number; warmup: number; draws: number; targetAcceptance: number},
): void {
  for (const [name, value, least] of [
    ['chains', chains, 1],
    ['warmup', warmup, 0],
    ['draws', draws, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ConfigError(
      `${caller}: expected ${name} to be a whole number from ${least} on, got ${value}. Leave it out for the default.`,
    );
  }
  if (!(targetAcceptance > 0 && targetAcceptance < 1)) {
    throw new ConfigError(`${caller}: expected targetAcceptance between 0 and 1, got ${targetAcceptance}. Use 0.8.`);
  }
}

/** Starting points: those given, or uniform in (-2, 2), one stream for each chain. */
export function startingPoints(
  caller: string,
  initial: SamplerOptions['initial'],
  {chains, dimension, rng = createRng(0)}: {chains: number; dimension: number; rng?: Rng | undefined},
): {positions: Float64Array[]; streams: Rng[]} {
  if (initial !== undefined && (initial.length !== chains || initial.some(({length}) => length !== dimension))) {
    throw new ConfigError(
      `${caller}: expected ${chains} initial points of ${dimension} numbers, got ${initial.length} of ` +
        `${initial[0]?.length}. Pass one for each chain, in unconstrained space.`,
    );
  }
  const streams = Array.from({length: chains}, (_, c) => rng.fork(c));
  const positions = streams.map((stream, c) =>
    initial === undefined
      ? stream
          .fork('start')
          .uniforms(dimension)
          .map((u) => 4 * u - 2)
      : Float64Array.from(initial[c] as ArrayLike<number>),
  );
  return {positions, streams};
}

/** Throws unless a saved state belongs to this sampler and target. */
export function checkResume(caller: string, state: SamplerState, dimension: number): void {
  if (state.kind === caller && state.dimension === dimension) return;
  throw new ConfigError(
    `${caller}: expected a state of ${caller} with ${dimension} columns, got one of ${state.kind} with ` +
      `${state.dimension}. Resume with the same sampler and model.`,
  );
}
