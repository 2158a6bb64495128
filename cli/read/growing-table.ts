import {FormatError} from '../../src/errors.ts';
import type {Batch, NamedArray} from './batch.ts';
import type {ReadCell} from './cells.ts';

/** Columns of numbers that grow row by row. */
export class GrowingTable {
  readonly #columns: readonly string[];
  readonly #read: ReadCell;
  readonly #lines: number[] = [];
  #data: Float64Array[];

  constructor(columns: readonly string[], read: ReadCell) {
    this.#columns = columns;
    this.#read = read;
    this.#data = columns.map(() => new Float64Array(256));
  }

  /** Rows that are complete. */
  get rows(): number {
    return this.#lines.length;
  }

  /** Sets a cell of the row that is being read; cells beyond the columns are left to {@link endRow}. */
  set(row: number, column: number, value: number): void {
    const data = this.#data[column];
    if (data === undefined) return;
    if (row >= data.length) {
      this.#data = this.#data.map((old) => {
        const grown = new Float64Array(2 * old.length);
        grown.set(old);
        return grown;
      });
    }
    (this.#data[column] as Float64Array)[row] = value;
  }

  /** Sets a cell from its text, which stands on the line. */
  setText(row: number, column: number, cell: string, line: number): void {
    const name = this.#columns[column];
    if (name === undefined) return;
    const plain = cell === '' ? Number.NaN : Number(cell);
    const settled = Number.isFinite(plain) && (plain !== 0 || cell.trim() !== '');
    this.set(row, column, settled ? plain : this.#read(cell, name, `line ${line}`));
  }

  /** Ends a row, which stands on the line. */
  endRow(cells: number, line: number): void {
    if (cells !== this.#columns.length) {
      throw new FormatError(
        `expected ${this.#columns.length} cells on line ${line}, got ${cells}. Is the file cut off? Give every line one cell per ` +
          'column, separated by commas.',
      );
    }
    this.#lines.push(line);
  }

  /** The complete rows. */
  batch(): Batch {
    const lines = this.#lines;
    const arrays = this.#columns.map((name, j): [string, NamedArray] => [
      name,
      {data: (this.#data[j] as Float64Array).subarray(0, lines.length), shape: [lines.length]},
    ]);
    return {arrays: new Map(arrays), membersFirst: false, where: (row) => `line ${lines[row]}`};
  }
}
