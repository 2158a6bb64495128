import {
  applyClassCalibration,
  type ClassCalibration,
  type ClassCalibrationMethod,
  classCalibrationMethods,
  fitClassCalibration,
  fitRegressionCalibration,
  type RegressionCalibration,
  type RegressionCalibrationMethod,
  recalibratedLevels,
  regressionCalibrationMethods,
} from '../../src/calibration/index.ts';
import {DataError} from '../../src/errors.ts';
import {gaussianPit} from '../../src/metrics/index.ts';
import {normalQuantile} from '../../src/special/index.ts';
import {UsageError} from '../options/spec.ts';
import {
  type ClassFile,
  type GaussianFile,
  kindNames,
  type Labelled,
  type Predictions,
  type QuantileFile,
} from '../read/predictions.ts';
import type {FittedMap} from './saved-map.ts';

/** Levels of the quantiles that recalibrated distributions are written as. */
const levels = [0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95];

/**
 * Fits a calibration by name.
 *
 * @throws UsageError for a method that is unknown or not for such predictions.
 * @throws DataError for predictions that have no calibration.
 */
export function fitMap(predictions: Labelled<Predictions>, method: string | undefined): FittedMap {
  if (predictions.kind === 'classification') {
    const {probs, logits, truth} = predictions;
    const chosen = oneOf<ClassCalibrationMethod>(method, classCalibrationMethods, 'temperature');
    return {
      classes: probs.shape[1],
      calibration: fitClassCalibration(logits ?? probs, truth, {
        method: chosen,
        scale: logits ? 'logits' : 'probabilities',
      }),
    };
  }
  if (predictions.kind === 'regression') {
    const {mean, std, truth: targets} = predictions;
    const chosen = oneOf<RegressionCalibrationMethod>(method, regressionCalibrationMethods, 'variance-scaling');
    const pit = gaussianPit(mean, std, targets);
    return {classes: 0, calibration: fitRegressionCalibration({mean, std, targets, pit}, {method: chosen})};
  }
  throw uncalibrated(predictions.kind);
}

function oneOf<M extends string>(method: string | undefined, known: readonly M[], usual: M): M {
  if (method === undefined) return usual;
  const found = known.find((name) => name === method);
  if (found === undefined)
    throw new UsageError(`--method: expected ${known.join(', ')} for these predictions, got '${method}'`);
  return found;
}

function uncalibrated(kind: Predictions['kind']): DataError {
  return new DataError(
    `calibrate: expected class probabilities, or mean and std, got ${kindNames[kind]}. Try conformal.`,
  );
}

/**
 * Calibrates predictions.
 *
 * @throws DataError for predictions of another kind, or another number of classes, than the map was fitted on.
 */
export function applyMap(
  predictions: Predictions,
  {classes, calibration}: FittedMap,
): ClassFile | GaussianFile | QuantileFile {
  if (predictions.kind !== 'classification' && predictions.kind !== 'regression') throw uncalibrated(predictions.kind);
  const own = predictions.kind === 'classification' ? predictions.probs.shape[1] : 0;
  if (own !== classes) {
    const words = (count: number): string => (count === 0 ? 'mean and std' : `${count} classes`);
    throw new DataError(
      `calibrate: expected predictions like those of the fit, ${words(classes)}, got ${words(own)}. Fit a map for them.`,
    );
  }
  return predictions.kind === 'classification'
    ? calibrateClasses(predictions, calibration as ClassCalibration)
    : calibrateNumbers(predictions, calibration as RegressionCalibration);
}

function calibrateClasses(predictions: ClassFile, calibration: ClassCalibration): ClassFile {
  const {probs, logits, rows, truth, where} = predictions;
  const scale = logits ? 'logits' : 'probabilities';
  return {
    kind: 'classification',
    rows,
    truth,
    where,
    probs: applyClassCalibration(logits ?? probs, calibration, {scale}),
  };
}

/** A wider or narrower Gaussian; or, where the distribution functions are mapped, the quantiles of what is no Gaussian any more. */
function calibrateNumbers(predictions: GaussianFile, calibration: RegressionCalibration): GaussianFile | QuantileFile {
  if (calibration.method === 'variance-scaling') {
    return {...predictions, std: predictions.std.map((s) => s * calibration.factor)};
  }
  return asQuantiles(predictions, recalibratedLevels(levels, calibration.map));
}

/** The quantiles of Gaussian predictions at the levels that recalibrated distributions are written at, or at others in their place. */
export function asQuantiles(predictions: GaussianFile, asked: ArrayLike<number> = levels): QuantileFile {
  const {mean, std, rows, truth, where} = predictions;
  const data = new Float64Array(rows * levels.length);
  for (let at = 0; at < data.length; at++) {
    const i = Math.floor(at / levels.length);
    // Beyond the outermost targets of the fit nothing is known: the last known level bounds the quantile.
    const level = Math.min(Math.max(asked[at % levels.length] as number, 1e-12), 1 - 1e-12);
    data[at] = (mean[i] as number) + (std[i] as number) * normalQuantile(level);
  }
  return {kind: 'quantiles', rows, truth, where, levels, quantiles: {data, shape: [rows, levels.length]}};
}
