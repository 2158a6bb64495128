/** Count, mean and summed squared distance from it of vectors seen so far, plain numbers for saving. */
export interface RunningVariance {
  /** How many vectors. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number[];
  /** Squared distances from the mean, summed. */
  readonly squares: number[];
}

/** The state before the first vector. */
export function startVariance(dimension: number): RunningVariance {
  return {count: 0, mean: new Array<number>(dimension).fill(0), squares: new Array<number>(dimension).fill(0)};
}

/** Takes one more vector in (Welford, 1962). */
export function addToVariance({count, mean, squares}: RunningVariance, vector: ArrayLike<number>): RunningVariance {
  const total = count + 1;
  const next = mean.map((at, i) => at + ((vector[i] as number) - at) / total);
  return {
    count: total,
    mean: next,
    squares: squares.map(
      (sum, i) => sum + ((vector[i] as number) - (mean[i] as number)) * ((vector[i] as number) - (next[i] as number)),
    ),
  };
}

/** The variance of each entry, divided by n - 1; `undefined` for fewer than two vectors. */
export function varianceOf({count, squares}: RunningVariance): Float64Array | undefined {
  if (count < 2) return undefined;
  return Float64Array.from(squares, (sum) => Math.max(sum / (count - 1), 1e-20));
}
