import {ConfigError, DataError} from '../errors.ts';
import {denseMatrix, finiteVector, type MatrixLike} from '../linalg/matrix-like.ts';
import type {Rng} from '../random/rng.ts';
import {flags} from './flags.ts';

/** Options of {@link worstSlabCoverage}. */
export interface WorstSlabOptions {
  /** The stream of directions and of the split. */
  readonly rng: Rng;
  /** Smallest share of examples in a slab, above 0 and at most 1; 0.1 by default. */
  readonly share?: number;
  /** Random directions that are tried; 1000 by default. */
  readonly directions?: number;
  /**
   * Share of examples on which the slab found on the others is measured, from 0 to below 1; 0.75 by default. 0 finds and
   * measures it on the same examples, which is too low by chance alone.
   */
  readonly holdOut?: number;
}

/**
 * Worst-slab coverage: the lowest coverage in any slab of input space that holds a share of the examples.
 *
 * min over directions v and a < b of mean [covered_i] over the examples with a <= v . features_i <= b, of which there are at
 * least share N (Cauchois, Gupta & Duchi 2021). For every direction the exact minimum; directions are random. Features should
 * be of like scale.
 *
 * @param features Inputs or features [N, D].
 * @param covered Whether each target is in its interval or set: booleans, or 0 and 1.
 * @param options See {@link WorstSlabOptions}; `rng` is required.
 * @returns The coverage in that slab, to compare with the level that was asked for.
 * @throws DataError for numbers that are not finite, no examples, or none in the slab when measured on others.
 * @throws ShapeError where the lengths differ.
 * @throws ConfigError for a share or holdOut out of range, or directions that are no positive integer.
 *
 * @example
 * ```ts
 * import {createRng} from 'tfjs-bayes';
 * import {worstSlabCoverage} from 'tfjs-bayes/metrics';
 * const x = Array.from({length: 100}, (_, i) => [i]);
 * const covered = x.map(([v = 0]) => v < 80);
 * console.log(worstSlabCoverage(x, covered, {rng: createRng(1), directions: 1, holdOut: 0})); // 0
 * ```
 */
export function worstSlabCoverage(
  features: MatrixLike,
  covered: ArrayLike<number | boolean>,
  {rng, share = 0.1, directions = 1000, holdOut = 0.75}: WorstSlabOptions,
): number {
  const caller = 'worstSlabCoverage';
  const {rows, columns, data} = denseMatrix(caller, 'features', features);
  const x = finiteVector(caller, 'features', data);
  const hits = flags(caller, 'covered', covered, rows);
  checkOptions(caller, share, directions, holdOut);

  if (rows < 2 && holdOut > 0) {
    throw new DataError(`${caller}: expected at least two examples to split, got ${rows}. Pass more, or holdOut: 0.`);
  }
  const shuffled = rng.permutation(rows);
  const held = holdOut === 0 ? rows : Math.min(rows - 1, Math.max(1, Math.round(holdOut * rows)));
  const measured = shuffled.subarray(0, held);
  const searched = holdOut === 0 ? shuffled : shuffled.subarray(held);
  const project = (direction: Float64Array, row: number): number => {
    let sum = 0;
    for (let d = 0; d < columns; d++) sum += (x[row * columns + d] as number) * (direction[d] as number);
    return sum;
  };

  let worst: Slab = {coverage: Infinity, from: 0, to: 0};
  let worstDirection = new Float64Array(columns);
  for (let m = 0; m < directions; m++) {
    const direction = rng.normals(columns);
    const slab = worstSlab(
      Float64Array.from(searched, (row) => project(direction, row)),
      Uint8Array.from(searched, (row) => hits[row] as number),
      share,
    );
    if (slab.coverage < worst.coverage) {
      worst = slab;
      worstDirection = Float64Array.from(direction);
    }
  }
  const inside = measured.filter((row) => {
    const value = project(worstDirection, row);
    return value >= worst.from && value <= worst.to;
  });
  if (inside.length === 0) {
    throw new DataError(
      `${caller}: expected held-out examples in the worst slab, got none. Pass more examples or a larger share.`,
    );
  }
  return inside.reduce((sum, row) => sum + (hits[row] as number), 0) / inside.length;
}

interface Slab {
  readonly coverage: number;
  readonly from: number;
  readonly to: number;
}

/** The slab of the lowest hit rate along one direction. */
function worstSlab(positions: Float64Array, hits: Uint8Array, share: number): Slab {
  const n = positions.length;
  const order = new Uint32Array(n).map((_, i) => i).sort((i, j) => (positions[i] as number) - (positions[j] as number));
  const {position, count, sum} = runs(order, positions, hits);
  const needed = Math.ceil(share * n - 1e-9);
  const distinct = position.length;
  let best: Slab = {coverage: Infinity, from: 0, to: 0};
  let rate = (sum[distinct] as number) / n;
  // Dinkelbach's method: the run of the smallest sum of (hit - rate) has a rate below `rate`, until none has.
  for (let improved = true; improved; ) {
    improved = false;
    let start = 0;
    let highest = 0;
    let highestExcess = -Infinity;
    for (let end = 1; end <= distinct; end++) {
      while (start < end && (count[end] as number) - (count[start] as number) >= needed) {
        const excess = (sum[start] as number) - rate * (count[start] as number);
        if (excess > highestExcess) [highest, highestExcess] = [start, excess];
        start++;
      }
      if (highestExcess === -Infinity) continue;
      const covered = (sum[end] as number) - (sum[highest] as number);
      const coverage = covered / ((count[end] as number) - (count[highest] as number));
      if (coverage < best.coverage) {
        best = {coverage, from: position[highest] as number, to: position[end - 1] as number};
        improved = true;
      }
    }
    rate = best.coverage;
  }
  return best;
}

/** Distinct positions in order, with the counts and hits before each of them and in total. */
function runs(order: Uint32Array, positions: Float64Array, hits: Uint8Array) {
  const position: number[] = [];
  const count: number[] = [0];
  const sum: number[] = [0];
  order.forEach((row, i) => {
    const last = position.length;
    if (last > 0 && positions[row] === position[last - 1]) {
      count[last] = i + 1;
      sum[last] = (sum[last] as number) + (hits[row] as number);
    } else {
      position.push(positions[row] as number);
      count.push(i + 1);
      sum.push((sum[last] as number) + (hits[row] as number));
    }
  });
  return {position, count, sum};
}

function checkOptions(caller: string, share: number, directions: number, holdOut: number): void {
  if (!(share > 0 && share <= 1 && holdOut >= 0 && holdOut < 1)) {
    throw new ConfigError(
      `${caller}: expected share above 0 and at most 1, and holdOut from 0 to below 1, got ${share} and ${holdOut}. They are ` +
        'shares of the examples.',
    );
  }
  if (!(Number.isInteger(directions) && directions > 0)) {
    throw new ConfigError(`${caller}: expected a positive integer for directions, got ${directions}. 1000 are common.`);
  }
}
