import type {CurvatureKind, WeightLayout} from '../src/curvature/index.ts';
import {ConfigError, DataError} from '../src/errors.ts';
import {meanAt} from './prior-mean.ts';
import type {PrecisionTerms, PriorPrecisions} from './structures/structure.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** What the data said about the net's predictions. */
export interface DataFit {
  /** Sum of -log p(y | f), at unit noise for a Gaussian likelihood, else at the noise that it has. */
  readonly negLogLikelihood: number;
  /** Half the sum of squared residuals of a Gaussian likelihood: what it says under any noise. */
  readonly halfSumOfSquares: number | undefined;
  /** Number of targets: rows, times outputs for a likelihood with noise. */
  readonly targets: number;
  /** The noise at which all was summed; undefined for likelihoods without. */
  readonly noiseScale: number | undefined;
  /** The kind of the curvature that was summed. */
  readonly kind: CurvatureKind;
}

/**
 * log p(y | f) of all data divided by `temperature`; for a Gaussian likelihood, with sum of squares S, at `noiseScale` and
 * with its misfit alone divided:
 *
 *     -S / (2 noiseScale^2 temperature) - targets log(noiseScale sqrt(2 pi))
 */
export function logLikelihood(fit: DataFit, noiseScale: number | undefined, temperature: number): number {
  const {halfSumOfSquares} = fit;
  if (halfSumOfSquares === undefined) return -fit.negLogLikelihood / temperature;
  const noise = noiseScale ?? 1;
  return -halfSumOfSquares / (noise * noise * temperature) - fit.targets * (0.5 * LOG_2PI + Math.log(noise));
}

/**
 * The noise that maximizes the Gaussian likelihood: the root mean squared residual. Throws `DataError` where there are no
 * residuals.
 */
export function residualNoiseScale({halfSumOfSquares = 0, targets}: DataFit, caller: string): number {
  if (halfSumOfSquares > 0) return Math.sqrt((2 * halfSumOfSquares) / targets);
  throw new DataError(
    `${caller}: expected residuals to estimate the noise from, got a model that fits y exactly. Pass noiseScale.`,
  );
}

/** Throws `ConfigError` where the fit does not say what the likelihood is at this noise. */
export function checkNoise({halfSumOfSquares, noiseScale}: DataFit, asked: number | undefined): void {
  if (halfSumOfSquares !== undefined || asked === noiseScale) return;
  throw new ConfigError(
    `laplace: expected the noiseScale of the fit, ${noiseScale}, got ${asked}. Only a Gaussian likelihood can change its ` +
      'noise after fit; fit again with the other noise.',
  );
}

/**
 * Factor on the curvature: 1 / temperature, and for a Gaussian likelihood, whose curvature is summed at unit noise,
 * 1 / (noiseScale^2 temperature). Products of two gradients, each of which goes with 1 / noiseScale^2, have the fourth power.
 */
export function curvatureScale(fit: DataFit, noiseScale: number | undefined, temperature: number): number {
  return 1 / ((noiseScale ?? 1) ** noisePower(fit) * temperature);
}

/** The power of 1 / noiseScale in {@link curvatureScale}. */
export function noisePower({kind, halfSumOfSquares}: DataFit): number {
  if (halfSumOfSquares === undefined) return 0;
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
  weights: {
    readonly values: Float64Array;
    readonly layouts: readonly WeightLayout[];
    readonly priorMean: number | readonly number[];
  },
): number {
  const {logPriorDeterminant, scatter} = priorTerms(terms.prior, weights);
  return dataTerm - 0.5 * (logDeterminant(terms) - logPriorDeterminant + scatter);
}

function priorTerms(
  prior: PriorPrecisions,
  {
    values,
    layouts,
    priorMean,
  }: {values: Float64Array; layouts: readonly WeightLayout[]; priorMean: number | readonly number[]},
): {logPriorDeterminant: number; scatter: number} {
  let logPriorDeterminant = 0;
  let scatter = 0;
  let offset = 0;
  layouts.forEach(({size}, i) => {
    const p = prior[i] as number | Float64Array;
    for (let j = 0; j < size; j++, offset++) {
      const precision = typeof p === 'number' ? p : (p[j] as number);
      const deviation = (values[offset] as number) - meanAt(priorMean, offset);
      logPriorDeterminant += typeof p === 'number' ? 0 : Math.log(precision);
      scatter += precision * deviation * deviation;
    }
    if (typeof p === 'number') logPriorDeterminant += size * Math.log(p);
  });
  return {logPriorDeterminant, scatter};
}
