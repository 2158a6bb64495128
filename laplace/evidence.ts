import type {CurvatureKind, WeightLayout} from '../src/curvature/index.ts';
import type {PrecisionTerms, PriorPrecisions} from './structures/structure.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** What the data said about the net's predictions, at unit noise where the likelihood has one. */
export interface DataFit {
  /** Sum of -log p(y | f). */
  readonly negLogLikelihood: number;
  /** Number of targets: rows, times outputs for a likelihood with noise. */
  readonly targets: number;
}

/**
 * log p(y | f) of all data, at `noiseScale` where the likelihood has one (a Gaussian's, whose sum of squares S is known
 * from the fit at unit noise), else divided by `temperature` alone:
 *
 *     -S / (2 noiseScale^2 temperature) - targets log(noiseScale sqrt(2 pi))
 */
export function logLikelihood(fit: DataFit, noiseScale: number | undefined, temperature: number): number {
  if (noiseScale === undefined) return -fit.negLogLikelihood / temperature;
  const misfit = halfSumOfSquares(fit) / (noiseScale * noiseScale * temperature);
  return -misfit - fit.targets * (0.5 * LOG_2PI + Math.log(noiseScale));
}

/** The noise that maximizes the Gaussian likelihood: the root mean squared residual. */
export function residualNoiseScale(fit: DataFit): number {
  return Math.sqrt((2 * halfSumOfSquares(fit)) / fit.targets);
}

/** Half the summed squared residuals, of a Gaussian likelihood at unit noise. */
export function halfSumOfSquares({negLogLikelihood, targets}: DataFit): number {
  return Math.max(negLogLikelihood - 0.5 * targets * LOG_2PI, 0);
}

/**
 * Factor on a curvature at unit noise: 1 / (noiseScale^2 temperature). Products of two gradients, each of which goes with
 * 1 / noiseScale^2, have the fourth power.
 */
export function curvatureScale(kind: CurvatureKind, noiseScale: number | undefined, temperature: number): number {
  return 1 / ((noiseScale ?? 1) ** noisePower(kind) * temperature);
}

/** The power of 1 / noiseScale in {@link curvatureScale}. */
export function noisePower(kind: CurvatureKind): number {
  return kind === 'empirical-fisher' ? 4 : 2;
}

/**
 * The Laplace approximation of log p(y), up to nothing (MacKay 1992; Immer et al. 2021):
 *
 *     logLikelihood - 1/2 (log det P - log det P0 + (w - priorMean)^T P0 (w - priorMean)),
 *     P = scale H + P0,    P0 = diag(prior)
 */
export function logMarginalLikelihood(
  dataTerm: number,
  terms: PrecisionTerms,
  logDeterminant: (terms: PrecisionTerms) => number,
  weights: {readonly values: Float64Array; readonly layouts: readonly WeightLayout[]; readonly priorMean: number},
): number {
  const {logPriorDeterminant, scatter} = priorTerms(terms.prior, weights);
  return dataTerm - 0.5 * (logDeterminant(terms) - logPriorDeterminant + scatter);
}

function priorTerms(
  prior: PriorPrecisions,
  {values, layouts, priorMean}: {values: Float64Array; layouts: readonly WeightLayout[]; priorMean: number},
): {logPriorDeterminant: number; scatter: number} {
  let logPriorDeterminant = 0;
  let scatter = 0;
  let offset = 0;
  layouts.forEach(({size}, i) => {
    const p = prior[i] as number | Float64Array;
    for (let j = 0; j < size; j++, offset++) {
      const precision = typeof p === 'number' ? p : (p[j] as number);
      const deviation = (values[offset] as number) - priorMean;
      logPriorDeterminant += typeof p === 'number' ? 0 : Math.log(precision);
      scatter += precision * deviation * deviation;
    }
    if (typeof p === 'number') logPriorDeterminant += size * Math.log(p);
  });
  return {logPriorDeterminant, scatter};
}
