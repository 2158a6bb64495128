import {DataError, ShapeError} from '../errors.ts';
import {checkLength, denseMatrix, isMatrix, type MatrixLike} from './matrix-like.ts';

/** What a user may pass as class labels: integers 0 to K-1, one per example, or a one-hot matrix [N, K]. */
export type Labels = ArrayLike<number> | MatrixLike;

/** Reads class labels for `rows` examples and `classes` classes. */
export function classLabels(caller: string, labels: Labels, rows: number, classes: number): Int32Array {
  if (isMatrix(labels)) return fromOneHot(caller, labels, rows, classes);
  if (labels.length === rows * classes && classes > 1) {
    throw new ShapeError(
      `${caller}: expected ${rows} integer labels, got ${labels.length} numbers, as many as a flat one-hot matrix ` +
        `has. Pass {data: labels, shape: [${rows}, ${classes}]}, or integers.`,
    );
  }
  checkLength(caller, 'labels', labels, rows);
  const result = labels instanceof Int32Array ? labels : Int32Array.from(labels);
  for (let i = 0; i < rows; i++) {
    const label = result[i] as number;
    if (label !== labels[i] || label < 0 || label >= classes) {
      throw new DataError(
        `${caller}: expected integer labels from 0 to ${classes - 1}, got ${labels[i]} at index ${i}. Drop examples ` +
          'without a label (-1, -100) together with their predictions.',
      );
    }
  }
  return result;
}

function fromOneHot(caller: string, labels: MatrixLike, rows: number, classes: number): Int32Array {
  const matrix = denseMatrix(caller, 'labels', labels);
  if (matrix.rows !== rows || matrix.columns !== classes) {
    throw new ShapeError(
      `${caller}: expected one-hot labels of shape [${rows}, ${classes}] or ${rows} integers, got shape ` +
        `[${matrix.rows}, ${matrix.columns}]. A column of integers must be passed flat.`,
    );
  }
  const result = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = matrix.data.subarray(i * classes, (i + 1) * classes);
    const label = row.indexOf(1);
    if (label < 0 || row.some((v, k) => v !== (k === label ? 1 : 0))) {
      throw new DataError(
        `${caller}: expected one-hot labels, one 1 and else 0 in every row, got [${Array.from(row).join(', ')}] in row ` +
          `${i}. Pass integer labels; soft labels are not supported.`,
      );
    }
    result[i] = label;
  }
  return result;
}
