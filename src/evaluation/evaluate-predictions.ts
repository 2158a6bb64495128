import {DataError, ShapeError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {checkProbabilities} from '../metrics/rows.ts';
import {classificationTest} from './classification.ts';
import type {ClassificationEvaluation, Evaluation, RegressionEvaluation} from './evaluation.ts';
import {gaussianParts} from './gaussian-parts.ts';
import {type JudgeOptions, judgement} from './judge-options.ts';
import type {LabelledProbabilities, TargetedMoments} from './predictions.ts';
import {regressionTest} from './regression.ts';

/** Class probabilities of any model and the labels. */
export interface ClassPredictions {
  /** One row of class probabilities per example. */
  readonly probs: MatrixLike;
  /** The class of each example: integers from 0, or one-hot rows. */
  readonly labels: Labels;
}

/** Gaussian predictions of any model and the targets. */
export interface GaussianPredictions {
  /** Predicted means. */
  readonly mean: ArrayLike<number>;
  /** Predicted standard deviations, noise included. */
  readonly std: ArrayLike<number>;
  /** What was measured. */
  readonly targets: ArrayLike<number>;
}

/** Options of {@link evaluatePredictions}. */
export interface EvaluatePredictionsOptions extends JudgeOptions {
  /** Name of the model in tables and plots. Default 'model'. */
  readonly name?: string;
}

/**
 * Judges predictions that came from anywhere, given as plain arrays: the same scores and curves as `evaluate` computes.
 *
 * Classification takes `{probs, labels}`, regression `{mean, std, targets}` with Gaussian predictions. Entropy and
 * variance are not split, because plain predictions do not say what is noise and what is ignorance. A label with
 * probability 0 makes the negative log-likelihood infinite.
 *
 * @throws ShapeError where the arrays do not fit each other or are empty.
 * @throws DataError where rows are no probabilities, labels are out of range, or numbers are not finite.
 * @example
 * ```ts
 * import {evaluatePredictions} from 'tfjs-bayes';
 * const probs = [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]];
 * const {test} = evaluatePredictions({probs, labels: [0, 0, 1]}, {name: 'net'});
 * console.log(test.scores.accuracy);             // 2 of 3
 * console.log(test.surestMistakes[0]?.index);    // 1
 * ```
 */
export function evaluatePredictions(
  predictions: ClassPredictions,
  options?: EvaluatePredictionsOptions,
): ClassificationEvaluation;
/** Judges Gaussian predictions. */
export function evaluatePredictions(
  predictions: GaussianPredictions,
  options?: EvaluatePredictionsOptions,
): RegressionEvaluation;
/** Judges predictions of either kind. */
export function evaluatePredictions(
  predictions: ClassPredictions | GaussianPredictions,
  options?: EvaluatePredictionsOptions,
): Evaluation;
export function evaluatePredictions(
  predictions: ClassPredictions | GaussianPredictions,
  {name = 'model', ...options}: EvaluatePredictionsOptions = {},
): Evaluation {
  if ('probs' in predictions) {
    const labelled = readClasses(predictions);
    const test = classificationTest(labelled, judgement(options));
    return {kind: 'classification', name, classes: labelled.probs.shape[1], test, shifts: [], ood: []};
  }
  const test = regressionTest(readGaussian(predictions), judgement(options));
  return {kind: 'regression', name, test, shifts: [], ood: []};
}

function readClasses({probs, labels}: ClassPredictions): LabelledProbabilities {
  const caller = 'evaluatePredictions';
  const matrix = denseMatrix(caller, 'probs', probs);
  const {data, rows, columns} = matrix;
  if (columns < 2) {
    throw new ShapeError(
      `${caller}: expected two or more columns in probs, got ${columns}. For two classes give the probability of each.`,
    );
  }
  checkProbabilities(caller, 'probs', matrix);
  const integers = classLabels(caller, labels, rows, columns);
  const logProb = Float64Array.from(integers, (label, i) => Math.log(data[i * columns + label] as number));
  const indices = Uint32Array.from({length: rows}, (_, i) => i);
  return {probs: {data, shape: [rows, columns]}, labels: integers, indices, logProb};
}

function readGaussian({mean, std, targets}: GaussianPredictions): TargetedMoments {
  if (mean.length === 0 || std.length !== mean.length || targets.length !== mean.length) {
    throw new ShapeError(
      `evaluatePredictions: expected as many mean as std as targets, got ${mean.length}, ${std.length} and ` +
        `${targets.length}. Give one of each per example.`,
    );
  }
  const means = Float64Array.from(mean);
  const deviations = Float64Array.from(std);
  const observed = Float64Array.from(targets);
  const logProb = new Float64Array(mean.length);
  for (let i = 0; i < means.length; i++) {
    const deviation = deviations[i] as number;
    const z = ((observed[i] as number) - (means[i] as number)) / deviation;
    if (!(deviation > 0 && Number.isFinite(deviation) && Number.isFinite(z))) {
      throw new DataError(
        `evaluatePredictions: expected finite mean and target and a positive std, got ${means[i]}, ${observed[i]} and ` +
          `${deviation} in row ${i}. Leave the row out.`,
      );
    }
    logProb[i] = -0.5 * (z * z + Math.log(2 * Math.PI)) - Math.log(deviation);
  }
  const parts = gaussianParts(means, deviations, observed);
  return {mean: means, std: deviations, targets: observed, logProb, outputs: 1, ...parts};
}
