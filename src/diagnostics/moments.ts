/** Mean and variance (divided by n - 1) of numbers. */
export function moments(values: ArrayLike<number>): {mean: number; variance: number} {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] as number) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  return {mean, variance: squares / (n - 1)};
}
