import type {TrajectoryState} from './result.ts';

const [FIRST_DECAY, SECOND_DECAY] = [0.9, 0.999];
const LARGEST_MOVE = 0.35;

/** One transition of all chains as the criterion sees it, every row in whitened space. */
export interface ChainsMove {
  /** Where each chain was. */
  readonly before: readonly Float64Array[];
  /** Where its trajectory ended. */
  readonly proposed: readonly Float64Array[];
  /** The velocity at that end. */
  readonly velocities: readonly Float64Array[];
  /** The probability of accepting the end; 0 where it diverged. */
  readonly acceptance: ArrayLike<number>;
  /** How long the trajectory was. */
  readonly time: number;
}

/** The state before the first update. */
export function startTrajectory(time: number, step: number): TrajectoryState {
  const logTime = Math.log(time);
  return {logTime, logAverage: logTime, first: 0, second: 0, count: 0, logStepAverage: Math.log(step)};
}

/**
 * The gradient of the ChEES criterion, a quarter of E[(|theta' - E theta'|^2 - |theta - E theta|^2)^2], in the logarithm of
 * the trajectory length, estimated from one transition of all chains and weighted by acceptance (Hoffman, Radul and Sountsov,
 * 2021):
 *
 *     time (|theta' - m'|^2 - |theta - m|^2) (theta' - m') . v'
 */
export function cheesGradient({before, proposed, velocities, acceptance, time}: ChainsMove): number {
  const equal = new Float64Array(before.length).fill(1);
  const start = weightedMean(before, equal);
  const end = weightedMean(proposed, acceptance);
  let sum = 0;
  let weights = 0;
  proposed.forEach((at, c) => {
    const weight = acceptance[c] as number;
    if (weight === 0) return;
    let after = 0;
    let earlier = 0;
    let along = 0;
    at.forEach((value, i) => {
      const centred = value - (end[i] as number);
      after += centred ** 2;
      earlier += ((before[c]?.[i] as number) - (start[i] as number)) ** 2;
      along += centred * (velocities[c]?.[i] as number);
    });
    sum += weight * time * (after - earlier) * along;
    weights += weight;
  });
  return weights === 0 ? 0 : sum / weights;
}

/** One step of Adam up the criterion on the logarithm of the length, which stays between one step and a thousand. */
export function adaptTrajectory(
  state: TrajectoryState,
  gradient: number,
  {step, rate}: {step: number; rate: number},
): TrajectoryState {
  const count = state.count + 1;
  const first = FIRST_DECAY * state.first + (1 - FIRST_DECAY) * gradient;
  const second = SECOND_DECAY * state.second + (1 - SECOND_DECAY) * gradient ** 2;
  const scale = Math.sqrt(second / (1 - SECOND_DECAY ** count));
  const move = scale === 0 ? 0 : (rate * first) / (1 - FIRST_DECAY ** count) / scale;
  const free = state.logTime + Math.min(Math.max(move, -LARGEST_MOVE), LARGEST_MOVE);
  const logTime = Math.min(Math.max(free, Math.log(step)), Math.log(1000 * step));
  const weight = count ** -0.5;
  return {
    logTime,
    logAverage: weight * logTime + (1 - weight) * state.logAverage,
    first,
    second,
    count,
    logStepAverage: weight * Math.log(step) + (1 - weight) * state.logStepAverage,
  };
}

/** The i-th number, from 1, of the van der Corput sequence in base 2: the digits of i mirrored at the point. */
export function halton(i: number): number {
  let value = 0;
  for (let digit = 0.5; i > 0; i = Math.floor(i / 2), digit /= 2) value += (i % 2) * digit;
  return value;
}

function weightedMean(rows: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  let total = 0;
  rows.forEach((row, c) => {
    const weight = weights[c] as number;
    if (weight === 0) return;
    total += weight;
    row.forEach((value, i) => {
      mean[i] = (mean[i] as number) + weight * value;
    });
  });
  return mean.map((sum) => sum / Math.max(total, Number.MIN_VALUE));
}
