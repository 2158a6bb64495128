/** The height at `value` of the line through corners (x, y), x ascending; constant beyond its ends. */
export function interpolate(x: ArrayLike<number>, y: ArrayLike<number>, value: number): number {
  const last = x.length - 1;
  if (value <= (x[0] as number)) return y[0] as number;
  if (value >= (x[last] as number)) return y[last] as number;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= (x[middle] as number)) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [x[low], x[high], y[low], y[high]] as [number, number, number, number];
  return y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}
