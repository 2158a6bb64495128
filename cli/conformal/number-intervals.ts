import {
  conformalQuantile,
  type PredictionIntervals,
  type QuantileRule,
  quantileIntervals,
  quantileScores,
  residualIntervals,
  residualScores,
} from '../../src/calibration/index.ts';
import {DataError} from '../../src/errors.ts';
import {intervalScore, predictionIntervalCoverage, predictionIntervalWidth} from '../../src/metrics/index.ts';
import {csvColumns} from '../output/csv-text.ts';
import type {GaussianFile, Labelled, Predictions, QuantileFile} from '../read/predictions.ts';
import type {Conformal} from './conformal-result.ts';

/** Names of the methods for mean and std, the default first. */
export const residualMethods = ['normalized', 'absolute'] as const;

/** Names of the methods for quantiles, the default first. */
export const quantileMethods = ['cqr', 'cqr-width', 'cqr-median'] as const;

/** Intervals around means. */
export function residualBands(
  fit: Labelled<GaussianFile>,
  apply: GaussianFile,
  method: (typeof residualMethods)[number],
  level: number,
): Conformal {
  const scaleOf = ({std}: GaussianFile) => (method === 'normalized' ? {scale: std} : {});
  const threshold = conformalQuantile(residualScores(fit.mean, fit.truth, scaleOf(fit)), {level});
  return result(method, level, fit, apply, threshold, residualIntervals(apply.mean, threshold, scaleOf(apply)));
}

/** Intervals from predicted quantiles: the pair nearest to the level, moved. */
export function quantileBands(
  fit: Labelled<QuantileFile>,
  apply: QuantileFile,
  method: (typeof quantileMethods)[number],
  level: number,
): Conformal {
  const ends = pairFor(fit.levels, level);
  if (apply.levels.join() !== fit.levels.join()) {
    throw new DataError(
      `conformal: expected quantiles of the same levels in both files, got ${fit.levels} and ${apply.levels}. Use one model.`,
    );
  }
  const form = method === 'cqr' ? 'shift' : method === 'cqr-width' ? 'width' : 'median';
  const rule = (file: QuantileFile): QuantileRule => ({
    form,
    ...(form === 'median' ? {median: column(file, middle(file))} : {}),
  });
  const [low, high] = ends;
  const scores = quantileScores(column(fit, low), column(fit, high), fit.truth, rule(fit));
  const threshold = conformalQuantile(scores, {level});
  return result(
    method,
    level,
    fit,
    apply,
    threshold,
    quantileIntervals(column(apply, low), column(apply, high), threshold, rule(apply)),
  );
}

/** Positions of the two quantiles, p and 1 - p, whose interval is nearest to the level. */
function pairFor(levels: readonly number[], level: number): [number, number] {
  const pairs = levels.flatMap((low, j): Array<[number, number]> => {
    const high = levels.findIndex((other) => Math.abs(other - (1 - low)) < 1e-9);
    return low < 0.5 && high >= 0 ? [[j, high]] : [];
  });
  const distance = ([low]: [number, number]): number => Math.abs(1 - 2 * (levels[low] as number) - level);
  const [best] = pairs.toSorted((a, b) => distance(a) - distance(b));
  if (best === undefined) {
    throw new DataError(
      `conformal: expected a lower and an upper quantile, such as q0.05 and q0.95, got the levels ${levels}. Add one.`,
    );
  }
  return best;
}

function middle({levels}: QuantileFile): number {
  const at = levels.indexOf(0.5);
  if (at < 0)
    throw new DataError(`conformal: expected the quantile q0.5 for cqr-median, got the levels ${levels}. Use cqr.`);
  return at;
}

function column({quantiles: {data, shape}}: QuantileFile, j: number): Float64Array {
  const [rows, columns] = shape;
  return Float64Array.from({length: rows}, (_, i) => data[i * columns + j] as number);
}

function result(
  method: string,
  level: number,
  fit: Predictions,
  {truth}: Predictions,
  threshold: number,
  {lower, upper}: PredictionIntervals,
): Conformal {
  const held =
    truth === undefined
      ? {}
      : {
          coverage: predictionIntervalCoverage(lower, upper, truth),
          ...(Number.isFinite(threshold) ? {intervalScore: intervalScore(lower, upper, truth, {level})} : {}),
        };
  return {
    method,
    level,
    calibrated: fit.rows,
    threshold,
    scores: {meanWidth: predictionIntervalWidth(lower, upper), ...held},
    csv: csvColumns({lower, upper, ...(truth && {target: truth})}),
  };
}
