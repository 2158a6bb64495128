import * as tf from '@tensorflow/tfjs-core';
import {DataError, ShapeError} from '../errors.ts';
import {describeShape} from '../predictive/targets.ts';

/** The label that means: leave this position out. */
const IGNORED_LABEL = -100;

/** How far from one the sum of a row of class probabilities may be. */
const ROW_SUM_TOLERANCE = 1e-3;

/** The prepared targets once `check` has seen their values; disposes them where it throws. */
export async function checkedTargets(
  prepared: tf.Tensor,
  check: (values: ArrayLike<number>) => void,
): Promise<tf.Tensor> {
  try {
    check(await prepared.data());
    return prepared;
  } catch (error) {
    prepared.dispose();
    throw error;
  }
}

/** Throws unless every value is finite. */
export function checkFinite(caller: string, values: ArrayLike<number>): void {
  let bad = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i] as number)) bad++;
  if (bad > 0) {
    throw new DataError(
      `${caller}: expected finite targets, got ${bad} NaN or infinite values among ${values.length}. ` +
        'Remove or repair those rows.',
    );
  }
}

/** Throws unless every value is an integer from 0 to classes - 1 or the label that is ignored. */
export function checkLabels(caller: string, values: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < values.length; i++) {
    const label = values[i] as number;
    const known = Number.isInteger(label) && label >= 0 && label < classes;
    if (!known && label !== IGNORED_LABEL) {
      throw new DataError(
        `${caller}: expected integer labels from 0 to ${classes - 1} (or ${IGNORED_LABEL} to ignore), got ${label} at ` +
          `index ${i}. Count classes from 0, one output of the model for each.`,
      );
    }
  }
}

/** Throws unless every row of `classes` values is non-negative and sums to one, or is all zero and so ignored. */
export function checkProbabilityRows(caller: string, values: ArrayLike<number>, classes: number): void {
  for (let start = 0; start < values.length; start += classes) {
    let sum = 0;
    let smallest = 0;
    for (let k = 0; k < classes; k++) {
      const value = values[start + k] as number;
      sum += value;
      if (!(value >= smallest)) smallest = value;
    }
    const sound = smallest === 0 && (sum === 0 || Math.abs(sum - 1) <= ROW_SUM_TOLERANCE);
    if (!sound) {
      const what = smallest === 0 ? `sums to ${sum}` : `holds ${smallest}`;
      throw new DataError(
        `${caller}: expected one-hot rows or class probabilities, got a row that ${what} at row ${start / classes}. ` +
          'Pass one-hot rows, or integer labels with one axis less.',
      );
    }
  }
}

/**
 * Throws unless every value lies in [0, 1], or is the ignored label in all outputs of its row.
 *
 * A row that ignores some of its outputs only is refused, because curvature is masked by row.
 */
export function checkBinaryTargets(caller: string, values: ArrayLike<number>, outputs: number): void {
  checkRows(
    values,
    outputs,
    (value) => value >= 0 && value <= 1,
    (value, row, output) => {
      const rule = `0, 1 or a probability (or ${IGNORED_LABEL} in all ${outputs} outputs of a row)`;
      return (
        `${caller}: expected each target to be ${rule}, got ${value} at row ${row}, output ${output}. ` +
        'Recode labels such as -1 and 1 to 0 and 1.'
      );
    },
  );
}

/** Throws unless every value is a whole number from 0, or is the ignored label in all outputs of its row. */
export function checkCounts(caller: string, values: ArrayLike<number>, outputs: number): void {
  checkRows(
    values,
    outputs,
    (value) => Number.isInteger(value) && value >= 0,
    (value, row, output) => {
      const rule = `a whole number from 0 (or ${IGNORED_LABEL} in all ${outputs} outputs of a row)`;
      return (
        `${caller}: expected each target to be ${rule}, got ${value} at row ${row}, output ${output}. ` +
        "Use likelihood 'gaussian' for numbers that are no counts."
      );
    },
  );
}

function checkRows(
  values: ArrayLike<number>,
  outputs: number,
  isSound: (value: number) => boolean,
  message: (value: number, row: number, output: number) => string,
): void {
  for (let start = 0; start < values.length; start += outputs) {
    const ignored = values[start] === IGNORED_LABEL;
    for (let c = 0; c < outputs; c++) {
      const value = values[start + c] as number;
      if (ignored ? value === IGNORED_LABEL : isSound(value)) continue;
      throw new DataError(message(value, start / outputs, c));
    }
  }
}

/** Throws unless `f` has an axis of outputs, and more than one output where classes compete. */
export function checkOutputs(caller: string, outputShape: readonly number[], least: number): void {
  const outputs = outputShape.at(-1) ?? 0;
  if (outputShape.length >= 2 && outputs >= least) return;
  throw new ShapeError(
    `${caller}: expected outputs of shape [N, ..., C] with C at least ${least}, got ${describeShape(outputShape)}. ` +
      (least > 1
        ? "Use likelihood 'bernoulli' for a single output."
        : 'End the model in a layer with one unit for each output.'),
  );
}

/** Throws unless targets of a loss have the shape of the outputs. */
export function checkLossShapes(caller: string, yTrue: tf.Tensor, yPred: tf.Tensor, advice: string): void {
  if (tf.util.arraysEqual(yTrue.shape, yPred.shape)) return;
  throw new ShapeError(
    `${caller}: expected targets of shape ${describeShape(yPred.shape)}, got ${describeShape(yTrue.shape)}. ${advice}`,
  );
}
