import {csvParseRows} from 'd3-dsv';
import {checkHeader} from '../../src/data/csv.ts';
import {FormatError} from '../../src/errors.ts';
import type {Batch} from './batch.ts';
import type {ReadCell} from './cells.ts';
import {GrowingTable} from './growing-table.ts';
import {readPlainLines} from './plain-csv.ts';
import {decodeUtf8} from './utf8.ts';

/** Characters that one line, or one cell in quotes, may have. */
const LONGEST_LINE = 2 ** 22;

/**
 * Reads a CSV file in batches of lines, in memory that does not grow with the file.
 *
 * @throws FormatError where the text is no CSV table with a header.
 * @throws DataError where a cell is not a finite number; the message names line and column.
 */
export async function* csvBatches(chunks: AsyncIterable<Uint8Array>, readCell: ReadCell): AsyncIterable<Batch> {
  let columns: readonly string[] | undefined;
  let line = 1;
  for await (const text of wholeLines(decodeUtf8(chunks))) {
    let body = text;
    if (columns === undefined) {
      const end = endOfHeader(text);
      columns = readHeader(csvParseRows(text.slice(0, end))[0] ?? []);
      body = text.slice(end);
      line = 2;
    }
    const {batch, lines} =
      body.includes('"') || !body.includes('\n')
        ? quotedBatch(columns, body, line, readCell)
        : plainBatch(columns, body, line, readCell);
    line += lines;
    yield batch;
  }
  if (columns === undefined) throw empty();
}

/** Where the first line ends, its end included. */
function endOfHeader(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (!quoted && (letter === '\n' || (letter === '\r' && text[at + 1] !== '\n'))) return at + 1;
  }
  return text.length;
}

function empty(): FormatError {
  return new FormatError('expected a first line with column names, got an empty file. Add a header.');
}

function readHeader(cells: readonly string[]): string[] {
  const columns = cells.map((name) => name.trim());
  if (columns.every((name) => name === '')) throw empty();
  const [only = ''] = columns;
  if (columns.length === 1 && /[;\t]/.test(only)) {
    throw new FormatError('expected cells separated by commas, got semicolons or tabs. Export the table with commas.');
  }
  checkHeader(columns);
  return columns;
}

interface Read {
  readonly batch: Batch;
  /** Lines of the text. */
  readonly lines: number;
}

/** Reads lines that have no quotes. */
function plainBatch(columns: readonly string[], text: string, first: number, read: ReadCell): Read {
  const table = new GrowingTable(columns, read);
  const lines = readPlainLines(text, {
    number: (row, column, value) => table.set(row, column, value),
    text: (row, column, cell, line) => table.setText(row, column, cell, first + line),
    end: (_, cells, line) => table.endRow(cells, first + line),
  });
  return {batch: table.batch(), lines};
}

/** Reads lines of which some have quotes. */
function quotedBatch(columns: readonly string[], text: string, first: number, read: ReadCell): Read {
  const rows = csvParseRows(text);
  const table = new GrowingTable(columns, read);
  for (const [index, cells] of rows.entries()) {
    if (cells.length === 1 && cells[0]?.trim() === '') continue;
    for (const [column, cell] of cells.entries()) table.setText(table.rows, column, cell, first + index);
    table.endRow(cells.length, first + index);
  }
  return {batch: table.batch(), lines: rows.length};
}

/** Cuts text between lines, never inside quotes. */
async function* wholeLines(chunks: AsyncIterable<string>): AsyncIterable<string> {
  let pending = '';
  let first = true;
  for await (const chunk of chunks) {
    pending += chunk;
    if (first && pending !== '') {
      if (pending.charCodeAt(0) === 0xfeff) pending = pending.slice(1);
      first = false;
    }
    const end = pending.lastIndexOf('\n') + 1;
    if (end > 0 && !opensQuotes(pending.slice(0, end))) {
      yield pending.slice(0, end);
      pending = pending.slice(end);
    }
    if (pending.length > LONGEST_LINE) throw tooLong(pending);
  }
  if (pending !== '') yield pending;
}

function tooLong(text: string): FormatError {
  const what = text.includes('\n') ? 'quotes that are never closed' : 'a longer one';
  return new FormatError(`expected lines of at most ${LONGEST_LINE} characters, got ${what}. Is this a CSV file?`);
}

function opensQuotes(text: string): boolean {
  let open = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}
