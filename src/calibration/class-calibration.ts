import {ConfigError, ShapeError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {type DenseMatrix, denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {fitBayesianBinning} from './bayesian-binning.ts';
import {
  applyBetaScaling,
  applyPlattScaling,
  type BetaScaling,
  fitBetaScaling,
  fitPlattScaling,
  type PlattScaling,
} from './binary-scaling.ts';
import {applyHistogramBinning, fitHistogramBinning, type HistogramMap} from './histogram-binning.ts';
import {checkFinite, type Float64Rows, probabilityRows} from './inputs.ts';
import {applyIsotonic, fitIsotonic, type IsotonicMap} from './isotonic.ts';
import {applyIsotonicPooled, fitIsotonicPooled} from './isotonic-pooled.ts';
import {
  applyLinearScaling,
  fitDirichletScaling,
  fitMatrixScaling,
  fitVectorScaling,
  type LinearScaling,
} from './linear-scaling.ts';
import {applyEach, fitEach} from './one-vs-rest.ts';
import {applySpline, fitSpline, type SplineMap} from './spline-calibration.ts';
import {applyTemperature, fitTemperature} from './temperature-scaling.ts';
import {vennAbers} from './venn-abers.ts';

/** What Venn-Abers prediction keeps of its calibration data. */
export interface VennAbersMap {
  /** Probabilities of the class at the held-out examples. */
  readonly scores: readonly number[];
  /** 1 where the example is of the class, else 0. */
  readonly labels: readonly number[];
}

/**
 * A fitted calibration of class probabilities, as plain JSON. `maps` has one entry per class, each against the rest, or where
 * there are two classes one for class 1.
 */
export type ClassCalibration =
  | {
      /** Temperature scaling (`fitTemperature`). */
      readonly method: 'temperature';
      /** Divides the logits. */
      readonly temperature: number;
    }
  | {
      /** Vector, matrix or Dirichlet scaling. */
      readonly method: 'vector' | 'matrix' | 'dirichlet';
      /** The linear map. */
      readonly scaling: LinearScaling;
    }
  | {
      /** Platt scaling of the logit of each class (`fitPlattScaling`). */
      readonly method: 'platt';
      /** The maps. */
      readonly maps: readonly PlattScaling[];
    }
  | {
      /** Beta calibration (`fitBetaScaling`). */
      readonly method: 'beta';
      /** The maps. */
      readonly maps: readonly BetaScaling[];
    }
  | {
      /** Histogram binning (`fitHistogramBinning`) or Bayesian binning into quantiles (`fitBayesianBinning`). */
      readonly method: 'histogram' | 'bbq';
      /** The maps. */
      readonly maps: readonly HistogramMap[];
    }
  | {
      /** Isotonic calibration of each class (`fitIsotonic`). */
      readonly method: 'isotonic';
      /** The maps. */
      readonly maps: readonly IsotonicMap[];
    }
  | {
      /** Spline calibration (`fitSpline`). */
      readonly method: 'spline';
      /** The maps. */
      readonly maps: readonly SplineMap[];
    }
  | {
      /** Isotonic calibration that keeps the predicted class (`fitIsotonicPooled`). */
      readonly method: 'irm';
      /** The one map. */
      readonly map: IsotonicMap;
    }
  | {
      /** Temperature scaling, then isotonic calibration of each class. */
      readonly method: 'irova-ts';
      /** Divides the logits. */
      readonly temperature: number;
      /** The maps of the probabilities at that temperature. */
      readonly maps: readonly IsotonicMap[];
    }
  | {
      /** Venn-Abers prediction (`vennAbers`), merged into one probability. */
      readonly method: 'venn-abers';
      /** The calibration data of each class. */
      readonly maps: readonly VennAbersMap[];
    };

/** The names of the calibrations of {@link fitClassCalibration}. */
export type ClassCalibrationMethod = ClassCalibration['method'];

/** Every {@link ClassCalibrationMethod}. */
export const classCalibrationMethods: readonly ClassCalibrationMethod[] = [
  'temperature',
  'vector',
  'matrix',
  'dirichlet',
  'platt',
  'beta',
  'histogram',
  'bbq',
  'isotonic',
  'irm',
  'irova-ts',
  'venn-abers',
  'spline',
];

const SMALLEST = 1e-12;

/**
 * Fits a calibration of class probabilities by name, on held-out data; {@link applyClassCalibration} applies it.
 *
 * `'temperature'`, `'vector'`, `'matrix'` and `'dirichlet'` scale logits, or the logarithms of probabilities; `'platt'`,
 * `'beta'`, `'histogram'`, `'bbq'`, `'isotonic'`, `'venn-abers'` and `'spline'` calibrate each class against the rest and make rows
 * sum to one (with two classes they calibrate class 1); `'irm'` is isotonic and keeps the predicted class; `'irova-ts'` is isotonic
 * after temperature scaling (Zhang, Kailkhura & Han 2020). Histogram and isotonic maps can give a class the probability 0. `'temperature'` and `'irm'` never change the predicted class. All are
 * the optimum of their criterion to at least 1e-12 of its value. `'temperature'` needs some dozen examples, `'vector'` some per
 * class, the others hundreds.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3; or what `scale` says.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options Named options.
 * @param options.method See {@link ClassCalibrationMethod}; `'temperature'` by default.
 * @param options.scale What `probs` holds: `'probabilities'` (default) or `'logits'`, finite.
 * @throws DataError for rows that are not probabilities or finite, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 * @throws ConfigError for an unknown method or scale.
 *
 * @example
 * ```ts
 * import {applyClassCalibration, fitClassCalibration} from 'tfjs-bayes';
 * const probs = [[0.99, 0.01], [0.95, 0.05], [0.02, 0.98], [0.9, 0.1], [0.1, 0.9], [0.8, 0.2]];
 * const calibration = fitClassCalibration(probs, [0, 0, 1, 1, 1, 0], {method: 'beta'});
 * console.log(applyClassCalibration([[0.95, 0.05]], calibration).data); // less sure than before
 * ```
 */
export function fitClassCalibration(
  probs: MatrixLike,
  labels: Labels,
  {
    method = 'temperature',
    scale = 'probabilities',
  }: {method?: ClassCalibrationMethod; scale?: 'probabilities' | 'logits'} = {},
): ClassCalibration {
  const caller = 'fitClassCalibration';
  const {logits, probabilities} = readRows(caller, probs, scale);
  const target = classLabels(caller, labels, probabilities.rows, probabilities.columns);
  const flatLogits = flat(logits);
  switch (method) {
    case 'temperature':
      return {method, temperature: fitTemperature(flatLogits, target)};
    case 'vector':
      return {method, scaling: fitVectorScaling(flatLogits, target)};
    case 'matrix':
      return {method, scaling: fitMatrixScaling(flatLogits, target)};
    case 'dirichlet':
      return {method, scaling: fitDirichletScaling(flat(probabilities), target)};
    case 'platt':
      return {method, maps: fitEach(probabilities, target, (p, y) => fitPlattScaling(p.map(logit), y))};
    case 'beta':
      return {method, maps: fitEach(probabilities, target, fitBetaScaling)};
    case 'histogram':
      return {method, maps: fitEach(probabilities, target, (p, y) => fitHistogramBinning(p, y))};
    case 'bbq':
      return {method, maps: fitEach(probabilities, target, fitBayesianBinning)};
    case 'isotonic':
      return {method, maps: fitEach(probabilities, target, (p, y) => fitIsotonic(p, y))};
    case 'spline':
      return {method, maps: fitEach(probabilities, target, (p, y) => fitSpline(p, y))};
    case 'irm':
      return {method, map: fitIsotonicPooled(flat(probabilities), target)};
    case 'irova-ts': {
      const temperature = fitTemperature(flatLogits, target);
      const tempered = probabilityRows(caller, applyTemperature(flatLogits, temperature));
      return {method, temperature, maps: fitEach(tempered, target, (p, y) => fitIsotonic(p, y))};
    }
    case 'venn-abers':
      return {
        method,
        maps: fitEach(probabilities, target, (p, y) => ({scores: Array.from(p), labels: Array.from(y)})),
      };
    default:
      throw new ConfigError(
        `${caller}: expected method to be one of '${classCalibrationMethods.join("', '")}', got '${method}'. Leave it out ` +
          "for 'temperature'.",
      );
  }
}

/**
 * Probabilities after a calibration of {@link fitClassCalibration}.
 *
 * @param probs What the calibration was fitted on, for new examples: [N, K].
 * @param calibration The fitted calibration.
 * @param options Named options.
 * @param options.scale What `probs` holds, as in the fit: `'probabilities'` (default) or `'logits'`.
 * @returns Float64 probabilities [N, K], as the metrics take them.
 * @throws DataError for rows that are not probabilities or finite, or no examples.
 * @throws ShapeError where the number of classes differs.
 *
 * @example
 * ```ts
 * import {applyClassCalibration} from 'tfjs-bayes';
 * console.log(applyClassCalibration([[0.9, 0.1]], {method: 'temperature', temperature: 2}).data); // 0.75, 0.25
 * ```
 */
export function applyClassCalibration(
  probs: MatrixLike,
  calibration: ClassCalibration,
  {scale = 'probabilities'}: {scale?: 'probabilities' | 'logits'} = {},
): Float64Rows {
  const caller = 'applyClassCalibration';
  const {logits, probabilities} = readRows(caller, probs, scale);
  if ('maps' in calibration) checkClasses(caller, calibration.maps.length, probabilities.columns);
  switch (calibration.method) {
    case 'temperature':
      return applyTemperature(flat(logits), calibration.temperature);
    case 'vector':
    case 'matrix':
      return applyLinearScaling(flat(logits), calibration.scaling);
    case 'dirichlet':
      return applyLinearScaling(flat(probabilities), calibration.scaling);
    case 'platt':
      return applyEach(probabilities, calibration.maps, (p, map) => applyPlattScaling(p.map(logit), map));
    case 'beta':
      return applyEach(probabilities, calibration.maps, applyBetaScaling);
    case 'histogram':
    case 'bbq':
      return applyEach(probabilities, calibration.maps, applyHistogramBinning);
    case 'isotonic':
      return applyEach(probabilities, calibration.maps, applyIsotonic);
    case 'spline':
      return applyEach(probabilities, calibration.maps, applySpline);
    case 'irm':
      return applyIsotonicPooled(flat(probabilities), calibration.map);
    case 'irova-ts': {
      const tempered = applyTemperature(flat(logits), calibration.temperature);
      return applyEach(probabilityRows(caller, tempered), calibration.maps, applyIsotonic);
    }
    case 'venn-abers':
      return applyEach(probabilities, calibration.maps, (p, {scores, labels}) => vennAbers(scores, labels, p).probs);
  }
}

/** Rows both as finite logits and as probabilities. */
function readRows(
  caller: string,
  input: MatrixLike,
  scale: 'probabilities' | 'logits',
): {logits: DenseMatrix; probabilities: DenseMatrix} {
  if (scale === 'probabilities') {
    const probabilities = probabilityRows(caller, input);
    const {data, ...shape} = probabilities;
    return {probabilities, logits: {...shape, data: Float64Array.from(data, (p) => Math.log(Math.max(p, SMALLEST)))}};
  }
  if (scale !== 'logits') {
    throw new ConfigError(`${caller}: expected scale 'probabilities' or 'logits', got '${scale}'. Choose one of them.`);
  }
  const logits = denseMatrix(caller, 'logits', input);
  checkFinite(caller, 'logits', logits);
  return {logits, probabilities: probabilityRows(caller, applyTemperature(flat(logits), 1))};
}

function checkClasses(caller: string, maps: number, columns: number): void {
  const expected = maps === 1 ? 2 : maps;
  if (expected !== columns) {
    throw new ShapeError(
      `${caller}: expected ${expected} columns in probs, as in the data it was fitted on, got ${columns}. Pass predictions of ` +
        'the same model.',
    );
  }
}

function flat({data, rows, columns}: DenseMatrix): {data: Float64Array | Float32Array; shape: [number, number]} {
  return {data, shape: [rows, columns]};
}

function logit(p: number): number {
  return Math.log(Math.max(p, SMALLEST)) - Math.log(Math.max(1 - p, SMALLEST));
}
