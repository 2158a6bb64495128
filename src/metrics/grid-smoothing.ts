/** Values of a function at equally spaced points from 0 to 1. */
export type GridFunction = Float64Array;

/** Puts masses at positions in [0, 1] onto a grid, each shared between its two neighbours in proportion to nearness. */
export function roundToGrid(positions: Float64Array, masses: Float64Array, points: number): GridFunction {
  const grid = new Float64Array(points);
  for (let i = 0; i < positions.length; i++) {
    const place = (positions[i] as number) * (points - 1);
    const left = Math.min(Math.floor(place), points - 2);
    const share = place - left;
    const mass = masses[i] as number;
    grid[left] = (grid[left] as number) + (1 - share) * mass;
    grid[left + 1] = (grid[left + 1] as number) + share * mass;
  }
  return grid;
}

/**
 * Convolves a function on an odd number of points with a Gaussian density cut off at a distance of 1/2; outside [0, 1]
 * the function is its mirror image, or zero.
 */
export function gaussianOnGrid(values: GridFunction, sigma: number, reflected: boolean): GridFunction {
  const last = values.length - 1;
  const half = last / 2;
  // Beyond nine standard deviations the Gaussian is below the rounding of its peak.
  const reach = Math.min(half, Math.ceil(9 * sigma * last));
  const kernel = new Float64Array(reach + 1);
  for (let d = 0; d <= reach; d++) {
    kernel[d] = Math.exp(-((d / last) ** 2) / (2 * sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma);
  }
  const padded = new Float64Array(values.length + 2 * reach);
  padded.set(values, reach);
  if (reflected) {
    for (let d = 1; d <= reach; d++) {
      padded[reach - d] = values[d] as number;
      padded[reach + last + d] = values[last - d] as number;
    }
  }
  const result = new Float64Array(values.length);
  for (let i = 0; i <= last; i++) {
    const centre = i + reach;
    let sum = (kernel[0] as number) * (padded[centre] as number);
    for (let d = 1; d <= reach; d++) {
      sum += (kernel[d] as number) * ((padded[centre - d] as number) + (padded[centre + d] as number));
    }
    result[i] = sum;
  }
  return result;
}

/** Linear interpolation at t in [0, 1]. */
export function interpolated(values: GridFunction, t: number): number {
  const place = t * (values.length - 1);
  const left = Math.min(Math.max(Math.floor(place), 0), values.length - 2);
  const share = place - left;
  return (values[left] as number) * (1 - share) + (values[left + 1] as number) * share;
}
