/** Shape and scale of a generalized Pareto distribution. */
export interface GeneralizedPareto {
  /** Shape k: the number of finite moments is below 1 / k. */
  readonly shape: number;
  /** Scale sigma. */
  readonly scale: number;
}

/**
 * Fits a generalized Pareto distribution to exceedances in ascending order (Zhang and Stephens, 2009): the mean of
 * b = -shape / scale under its profile likelihood on a grid. The shape is not drawn towards a prior.
 */
export function fitGeneralizedPareto(exceedances: Float64Array): GeneralizedPareto {
  const n = exceedances.length;
  const grid = 30 + Math.floor(Math.sqrt(n));
  const largest = exceedances[n - 1] as number;
  const quartile = exceedances[Math.floor(n / 4 + 0.5) - 1] as number;
  const candidates = Float64Array.from(
    {length: grid},
    (_, j) => (1 - Math.sqrt(grid / (j + 0.5))) / (3 * quartile) + 1 / largest,
  );
  const profile = candidates.map((b) => {
    const shape = meanLog(b, exceedances);
    return n * (Math.log(-b / shape) - shape - 1);
  });
  const weights = profile.map((at) => 1 / profile.reduce((sum, other) => sum + Math.exp(other - at), 0));
  const kept = weights.map((weight) => (weight < 10 * Number.EPSILON ? 0 : weight));
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  const b = kept.reduce((sum, weight, j) => sum + (weight * (candidates[j] as number)) / total, 0);
  const shape = meanLog(b, exceedances);
  return {shape, scale: -shape / b};
}

/** The quantile at level p of a generalized Pareto distribution. */
export function generalizedParetoQuantile(p: number, {shape, scale}: GeneralizedPareto): number {
  const steps = -Math.log1p(-p);
  return Math.abs(shape) < 1e-12 ? scale * steps : (scale * Math.expm1(shape * steps)) / shape;
}

function meanLog(b: number, values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += Math.log1p(-b * value);
  return sum / values.length;
}
