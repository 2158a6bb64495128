import {DataError, ShapeError} from '../errors.ts';

const BLOCK = 16384;

/** A matrix as one flat row-major array and its shape; typed arrays are read in place. */
export interface FlatMatrix {
  /** The numbers, row after row. */
  readonly data: ArrayLike<number>;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** What a user may pass as a matrix: rows of numbers, or a flat array with its shape. */
export type MatrixLike = readonly ArrayLike<number>[] | FlatMatrix;

/** A matrix that was checked for its shape, not yet for its numbers. */
export interface DenseMatrix {
  readonly data: Float64Array | Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Whether `input` is a matrix rather than a vector. */
export function isMatrix(input: MatrixLike | ArrayLike<number | boolean>): input is MatrixLike {
  if ('shape' in input) return true;
  return input.length > 0 && typeof input[0] === 'object';
}

/** Reads a matrix with at least one row and one column; throws ShapeError for anything else. */
export function denseMatrix(caller: string, name: string, input: MatrixLike): DenseMatrix {
  if (!isMatrix(input)) {
    throw new ShapeError(
      `${caller}: expected ${name} as rows of numbers or {data, shape: [rows, columns]}, got a flat array of length ` +
        `${(input as ArrayLike<number>).length}. Pass {data, shape} or nested arrays with at least one row.`,
    );
  }
  if (!('shape' in input)) return fromRows(caller, name, input);
  const [rows, columns] = input.shape;
  if (input.shape.length !== 2 || rows * columns !== input.data.length) {
    throw new ShapeError(
      `${caller}: expected ${name} of shape [rows, columns] with as many numbers, got shape [${input.shape.join(', ')}] ` +
        `and ${input.data.length} numbers. Flatten leading dimensions into rows.`,
    );
  }
  if (input.data.length === 0) throw emptyError(caller, name);
  const {data} = input;
  const isFloat = data instanceof Float64Array || data instanceof Float32Array;
  return {data: isFloat ? data : Float64Array.from(data), rows, columns};
}

function fromRows(caller: string, name: string, input: readonly ArrayLike<number>[]): DenseMatrix {
  const rows = input.length;
  const columns = input[0]?.length ?? 0;
  if (columns === 0) throw emptyError(caller, name);
  const data = new Float64Array(rows * columns);
  input.forEach((row, i) => {
    if (row.length !== columns) {
      throw new ShapeError(
        `${caller}: expected every row of ${name} to have ${columns} numbers like the first, got ${row.length} in ` +
          `row ${i}. Pass a rectangular matrix.`,
      );
    }
    data.set(row, i * columns);
  });
  return {data, rows, columns};
}

/**
 * Visits a matrix in blocks of whole rows, each as float64.
 *
 * The visitor sees Float64Array only, whatever the input was: loops that meet one kind of array run fastest.
 */
export function forEachBlock(
  matrix: DenseMatrix,
  visit: (block: Float64Array, firstRow: number, rows: number) => void,
): void {
  const {data, rows, columns} = matrix;
  const step = Math.max(1, Math.floor(BLOCK / columns));
  const scratch = data instanceof Float64Array ? undefined : new Float64Array(step * columns);
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    const part = data.subarray(first * columns, (first + count) * columns);
    if (scratch === undefined) {
      visit(part as Float64Array, first, count);
    } else {
      scratch.set(part);
      visit(scratch, first, count);
    }
  }
}

/** Reads a vector of finite numbers, of the given length if one is given. */
export function finiteVector(caller: string, name: string, input: ArrayLike<number>, length?: number): Float64Array {
  checkLength(caller, name, input, length);
  const values = float64(input);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  if (sum !== 0) {
    const at = values.findIndex((v) => !Number.isFinite(v));
    throw new DataError(
      `${caller}: expected finite numbers in ${name}, got ${values[at]} at index ${at}. Drop or repair such examples first.`,
    );
  }
  return values;
}

/** The numbers as float64: the array itself if it is that already. */
export function float64(input: ArrayLike<number>): Float64Array {
  return input instanceof Float64Array ? input : Float64Array.from(input);
}

/** Throws ShapeError unless a vector has the given length, and DataError if it is empty. */
export function checkLength(
  caller: string,
  name: string,
  input: ArrayLike<number | boolean>,
  length: number | undefined,
): void {
  if (length !== undefined && input.length !== length) {
    throw new ShapeError(
      `${caller}: expected ${name} of length ${length}, one per example, got length ${input.length}. Pass the same ` +
        'examples in the same order.',
    );
  }
  if (input.length === 0) throw emptyError(caller, name);
}

function emptyError(caller: string, name: string): DataError {
  return new DataError(`${caller}: expected at least one example in ${name}, got none. Pass a non-empty array.`);
}
