import {DataError, ShapeError} from '../errors.ts';

/** Examples as plain arrays: row i has the inputs `x[i * features .. (i + 1) * features - 1]` and the target `y[i]`. */
export interface Rows<Y extends Float32Array | Int32Array = Float32Array | Int32Array> {
  /** Inputs, row-major, shape [rows, features]. */
  readonly x: Float32Array;
  /** Targets or integer labels, shape [rows]. */
  readonly y: Y;
  /** Number of examples. */
  readonly rows: number;
  /** Numbers per example. */
  readonly features: number;
}

/**
 * Copies the chosen rows of a row-major array with `width` numbers per row, in the order of `indices`.
 *
 * @throws ShapeError where `data` is no multiple of `width`.
 * @throws DataError where a row number is out of range.
 * @example
 * ```ts
 * import {takeRows} from 'tfjs-bayes';
 * console.log(takeRows(Float32Array.of(1, 2, 3, 4), 2, [1, 0]));   // [3, 4, 1, 2]
 * ```
 */
export function takeRows<T extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  data: T,
  width: number,
  indices: ArrayLike<number>,
): T {
  const rows = data.length / width;
  if (!Number.isInteger(rows)) {
    throw new ShapeError(
      `takeRows: expected a multiple of ${width} numbers, got ${data.length}. Give the right width.`,
    );
  }
  const create = data.constructor as new (length: number) => T;
  const taken = new create(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    if (!(row >= 0 && row < rows && Number.isInteger(row))) {
      throw new DataError(`takeRows: expected row numbers from 0 to ${rows - 1}, got ${row}. Leave it out.`);
    }
    taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return taken;
}

/** Checks that the arrays hold as many numbers as `rows` and `features` say. */
export function checkRows({x, y, rows, features}: Rows, caller: string): void {
  if (x.length !== rows * features || y.length !== rows) {
    throw new ShapeError(
      `${caller}: expected x of ${rows} x ${features} numbers and y of ${rows}, got ${x.length} and ${y.length}. ` +
        'Mend rows or features.',
    );
  }
}
