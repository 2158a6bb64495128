import {paretoSmooth} from '../../src/diagnostics/index.ts';
import type {Rng} from '../../src/random/index.ts';

/** How far importance weights correct the draws of an approximation. */
export interface Correction {
  /** k-hat; Infinity where no draw has a finite density. */
  readonly shape: number;
  /** What k-hat must not exceed. */
  readonly threshold: number;
  /** How many independent draws the weights are worth. */
  readonly ess: number;
  /** Logarithms of the smoothed weights, which sum to 1. */
  readonly logWeights: Float64Array;
}

/** Pareto-smoothed importance weights of draws of q for a target p, both log densities up to a constant. */
export function correct(target: Float64Array, proposal: Float32Array): Correction {
  const ratios = target.map((value, s) => {
    const ratio = value - (proposal[s] as number);
    return Number.isNaN(ratio) || ratio === Infinity ? -Infinity : ratio;
  });
  if (ratios.every((ratio) => ratio === -Infinity))
    return {shape: Infinity, threshold: 0.7, ess: 0, logWeights: ratios};
  return paretoSmooth(ratios);
}

/** As many rows as there are, drawn with replacement by their weights: systematic resampling, whose noise is least. */
export function resample(draws: Float32Array, logWeights: Float64Array, rng: Rng): Float32Array {
  const count = logWeights.length;
  const width = draws.length / count;
  const chosen = new Float32Array(draws.length);
  const offset = rng.uniforms(1)[0] as number;
  let row = 0;
  let reached = Math.exp(logWeights[0] as number);
  for (let i = 0; i < count; i++) {
    while ((i + offset) / count > reached && row < count - 1) reached += Math.exp(logWeights[++row] as number);
    chosen.set(draws.subarray(row * width, (row + 1) * width), i * width);
  }
  return chosen;
}

/** Up to `count` rows without replacement by their weights, those of weight 0 left out (Gumbel top-k). */
export function distinctRows(logWeights: Float64Array, count: number, rng: Rng): number[] {
  const keys = rng
    .uniforms(logWeights.length)
    .map((u, i) => (logWeights[i] as number) - Math.log(-Math.log(u || 2 ** -54)));
  return [...keys.keys()]
    .filter((row) => keys[row] !== -Infinity)
    .sort((a, b) => (keys[b] as number) - (keys[a] as number))
    .slice(0, count);
}
