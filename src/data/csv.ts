import {csvParseRows} from 'd3-dsv';
import {DataError, FormatError} from '../errors.ts';

/** A table of numbers with named columns, row-major: cell (i, j) is `data[i * columns.length + j]`. */
export interface NumericTable {
  /** Column names in the order of the file. */
  readonly columns: readonly string[];
  /** Number of data rows, the header not counted. */
  readonly rows: number;
  /** The cells, `rows * columns.length` of them. */
  readonly data: Float64Array;
  /** Line of the text that each row stands on, the header being line 1. */
  readonly lines: readonly number[];
}

/**
 * Reads a CSV text whose first line names the columns and whose other cells are all numbers.
 *
 * Empty lines are passed over; quotes, CRLF line ends and a byte-order mark are understood. A cell that is empty, not a
 * number, NaN or infinite is an error, because every score computed from it would be worthless.
 *
 * @throws FormatError where there is no header, a column name comes twice or a row has the wrong number of cells.
 * @throws DataError where a cell is not a finite number; the message names line and column.
 * @example
 * ```ts
 * import {readCsv, tableColumn} from 'tfjs-bayes';
 * const table = readCsv('p0,p1,label\n0.9,0.1,0\n0.3,0.7,1\n');
 * console.log(table.rows, tableColumn(table, 'p1'));   // 2, [0.1, 0.7]
 * ```
 */
export function readCsv(text: string): NumericTable {
  const all = csvParseRows(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const columns = (all[0] ?? []).map((name) => name.trim());
  if (columns.length === 0 || columns.every((name) => name === '')) {
    throw new FormatError('readCsv: expected a first line with column names, got an empty text. Add a header.');
  }
  checkHeader(columns);
  const body = all.slice(1);
  const data = new Float64Array(body.length * columns.length);
  const lines: number[] = [];
  for (const [index, cells] of body.entries()) {
    if (cells.length === 1 && cells[0]?.trim() === '') continue;
    const line = index + 2;
    if (cells.length !== columns.length) {
      throw new FormatError(
        `readCsv: expected ${columns.length} cells on line ${line}, got ${cells.length}. ` +
          'Give every line one cell per column, separated by commas.',
      );
    }
    for (const [j, cell] of cells.entries()) {
      const value = cell.trim() === '' ? Number.NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new DataError(
          `readCsv: expected a finite number on line ${line}, column '${columns[j]}', got ${JSON.stringify(cell)}. ` +
            'Correct the cell or leave the line out.',
        );
      }
      data[lines.length * columns.length + j] = value;
    }
    lines.push(line);
  }
  return {columns, rows: lines.length, data: data.slice(0, lines.length * columns.length), lines};
}

/** Throws FormatError unless the cells of a first line are distinct names. */
export function checkHeader(columns: readonly string[]): void {
  if (columns.every((name) => name !== '' && Number.isFinite(Number(name)))) {
    throw new FormatError(
      `readCsv: expected a first line with column names, got numbers (${columns.slice(0, 3).join(', ')}, ...). ` +
        'Add a header such as p0,p1,label or mean,std,target.',
    );
  }
  const seen = new Set<string>();
  for (const [j, name] of columns.entries()) {
    if (name === '') throw new FormatError(`readCsv: expected a name for column ${j + 1}, got an empty one. Name it.`);
    if (seen.has(name)) {
      throw new FormatError(`readCsv: expected distinct column names, got '${name}' twice. Rename one.`);
    }
    seen.add(name);
  }
}

/**
 * One column of a table.
 *
 * @throws DataError where the table has no column of that name.
 * @example
 * ```ts
 * import {readCsv, tableColumn} from 'tfjs-bayes';
 * console.log(tableColumn(readCsv('mean,std\n1,2\n3,4\n'), 'std'));   // [2, 4]
 * ```
 */
export function tableColumn(table: NumericTable, name: string): Float64Array {
  const j = table.columns.indexOf(name);
  if (j < 0) {
    throw new DataError(
      `tableColumn: expected one of the columns ${table.columns.join(', ')}, got '${name}'. Use one that is there.`,
    );
  }
  const width = table.columns.length;
  return Float64Array.from({length: table.rows}, (_, i) => table.data[i * width + j] as number);
}
