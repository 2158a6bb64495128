import type {ClassPredictions, GaussianPredictions} from '../src/evaluation/index.ts';
import {SUM_TOLERANCE} from '../src/metrics/rows.ts';

/** Class probabilities from a file. */
interface ClassFile extends ClassPredictions {
  readonly kind: 'classification';
  /** Integer labels. */
  readonly labels: Float64Array;
}

/** Gaussian predictions from a file. */
interface GaussianFile extends GaussianPredictions {
  readonly kind: 'regression';
}

/** Predictions from a file. */
export type Predictions = ClassFile | GaussianFile;

/** Where a row stands in the file, for messages: 'line 7' or 'row 6'. */
export type Where = (row: number) => string;

/** What is wrong with class predictions, in words; undefined where nothing is. */
export function findClassFault(
  data: ArrayLike<number>,
  classes: number,
  labels: ArrayLike<number>,
  where: Where,
): string | undefined {
  for (let i = 0; i < labels.length; i++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const p = data[i * classes + k] as number;
      if (!(p >= 0 && p <= 1 + 1e-6)) {
        return `expected probabilities from 0 to 1, got ${p} for class ${k} on ${where(i)}. Are these logits or percentages?`;
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      return (
        `expected the probabilities of each row to sum to 1 within ${SUM_TOLERANCE}, got ${Number(sum.toPrecision(6))} on ` +
        `${where(i)}. Give every class its column, and enough digits.`
      );
    }
    const label = labels[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      return (
        `expected a label from 0 to ${classes - 1}, as there are ${classes} classes, got ${label} on ${where(i)}. ` +
        'Count classes from 0.'
      );
    }
  }
  return undefined;
}

/** What is wrong with Gaussian predictions, in words; undefined where nothing is. */
export function findGaussianFault({mean, std, targets}: GaussianPredictions, where: Where): string | undefined {
  for (let i = 0; i < std.length; i++) {
    for (const [name, values] of Object.entries({mean, std, target: targets})) {
      if (!Number.isFinite(values[i]))
        return `expected finite numbers, got ${name} ${values[i]} on ${where(i)}. Leave it out.`;
    }
    if (!((std[i] as number) > 0)) {
      return (
        `expected a positive std, got ${std[i]} on ${where(i)}. Give the standard deviation of the prediction, ` +
        'noise included.'
      );
    }
  }
  return undefined;
}
