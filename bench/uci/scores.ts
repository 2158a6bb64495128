/** What a method says before noise: one mean and one epistemic variance for each member and row, in standardized units. */
export interface Forecast {
  readonly means: readonly Float32Array[];
  readonly variances: readonly Float32Array[];
}

const LOG_TWO_PI = Math.log(2 * Math.PI);
const [LEAST_NOISE, MOST_NOISE, NOISES] = [0.01, 2, 120];

/** Mean log-density of targets under the members' equal mixture with noise, in standardized units. */
export function logLikelihood({means, variances}: Forecast, targets: Float32Array, noiseScale: number): number {
  let total = 0;
  for (const [n, y] of targets.entries()) {
    const logs = means.map((mean, s) => {
      const variance = ((variances[s] as Float32Array)[n] as number) + noiseScale ** 2;
      return -0.5 * ((y - (mean[n] as number)) ** 2 / variance + Math.log(variance) + LOG_TWO_PI);
    });
    const most = Math.max(...logs);
    total += most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
  }
  return total / targets.length;
}

/** Root mean squared error of the members' mean, in standardized units. */
export function rmse({means}: Forecast, targets: Float32Array): number {
  const squares = targets.reduce((sum, y, n) => {
    const mean = means.reduce((all, one) => all + (one[n] as number), 0) / means.length;
    return sum + (y - mean) ** 2;
  }, 0);
  return Math.sqrt(squares / targets.length);
}

/** The noise that makes targets likeliest, of a geometric grid. */
export function likeliestNoise(forecast: Forecast, targets: Float32Array): {noiseScale: number; score: number} {
  let best = {noiseScale: Number.NaN, score: -Infinity};
  for (let i = 0; i < NOISES; i++) {
    const noiseScale = LEAST_NOISE * (MOST_NOISE / LEAST_NOISE) ** (i / (NOISES - 1));
    const score = logLikelihood(forecast, targets, noiseScale);
    if (score > best.score) best = {noiseScale, score};
  }
  return best;
}
