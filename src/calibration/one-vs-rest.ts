import type {DenseMatrix} from '../linalg/matrix-like.ts';
import type {Float64Rows} from './inputs.ts';
import {normalizeRows} from './isotonic-pooled.ts';

/** Fits a calibration of yes-or-no outcomes to each class against the rest; to class 1 alone where there are two. */
export function fitEach<T>(
  {data, rows, columns}: DenseMatrix,
  target: Int32Array,
  fitOne: (probs: Float64Array, labels: Float64Array) => T,
): T[] {
  const classes = columns === 2 ? [1] : Array.from({length: columns}, (_, k) => k);
  return classes.map((k) =>
    fitOne(
      Float64Array.from({length: rows}, (_, i) => data[i * columns + k] as number),
      Float64Array.from(target, (label) => Number(label === k)),
    ),
  );
}

/** Puts each class through its map and makes rows sum to one; two classes have one map, of class 1. */
export function applyEach<T>(
  {data, rows, columns}: DenseMatrix,
  maps: readonly T[],
  apply: (probs: Float64Array, map: T) => Float64Array,
): Float64Rows {
  const result = new Float64Array(rows * columns);
  maps.forEach((map, m) => {
    const k = columns === 2 ? 1 : m;
    const mapped = apply(
      Float64Array.from({length: rows}, (_, i) => data[i * columns + k] as number),
      map,
    );
    for (let i = 0; i < rows; i++) {
      result[i * columns + k] = mapped[i] as number;
      if (columns === 2) result[i * columns] = 1 - (mapped[i] as number);
    }
  });
  if (columns > 2) normalizeRows(result, columns);
  return {data: result, shape: [rows, columns]};
}
