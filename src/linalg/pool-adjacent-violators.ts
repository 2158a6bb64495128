/** The non-decreasing sequence nearest to `mean` in weighted squared error (Ayer et al., 1955). */
export function poolAdjacentViolators(mean: ArrayLike<number>, weight: ArrayLike<number>): Float64Array {
  const n = mean.length;
  const values = new Float64Array(n);
  const weights = new Float64Array(n);
  const ends = new Uint32Array(n);
  let pools = 0;
  for (let i = 0; i < n; i++) {
    let value = mean[i] as number;
    let total = weight[i] as number;
    while (pools > 0 && (values[pools - 1] as number) >= value) {
      pools--;
      const before = weights[pools] as number;
      total += before;
      value += (before / total) * ((values[pools] as number) - value);
    }
    values[pools] = value;
    weights[pools] = total;
    ends[pools++] = i + 1;
  }
  const result = new Float64Array(n);
  for (let p = 0, from = 0; p < pools; from = ends[p++] as number) result.fill(values[p] as number, from, ends[p]);
  return result;
}
