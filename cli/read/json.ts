import {z} from 'zod';
import {DataError, FormatError} from '../../src/errors.ts';
import {type Batch, type NamedArray, rowAfter} from './batch.ts';
import {flattenCell, type ReadCell} from './cells.ts';

const rowsSchema = z.array(z.record(z.string(), z.unknown())).min(1);
const columnsSchema = z
  .record(z.string(), z.array(z.unknown()).min(1))
  .refine((columns) => Object.keys(columns).length > 0);

/**
 * Reads predictions from JSON: a list of rows, or lists by column name. Cells may hold lists.
 *
 * @throws FormatError where the text is no JSON of either form.
 * @throws DataError where a cell is not a finite number or lists have different lengths.
 */
export function readJson(text: string, readCell: ReadCell): Batch {
  const value = parse(text);
  const columns = columnsSchema.safeParse(value);
  if (columns.success) {
    const arrays = Object.entries(columns.data).map(([name, cells]): [string, NamedArray] => [
      name,
      toArray(cells, name, readCell, rowAfter(0)),
    ]);
    return {arrays: new Map(arrays), membersFirst: true, where: rowAfter(0)};
  }
  const rows = rowsSchema.safeParse(value);
  if (!rows.success) {
    throw new FormatError(
      'expected JSON as a list of rows, [{"p0": 0.9, "p1": 0.1, "label": 0}, ...], or lists by name, {"probs": [[0.9, 0.1], ...], ' +
        '"labels": [0, ...]}, got something else. Rewrite it.',
    );
  }
  const names = Object.keys(rows.data[0] ?? {});
  for (const [i, row] of rows.data.entries()) {
    const keys = Object.keys(row);
    if (keys.length !== names.length || !names.every((name) => Object.hasOwn(row, name))) {
      throw new DataError(
        `expected the names ${names.join(', ')} in every row, got ${keys.join(', ') || 'none'} in row ${i}. Give all rows the same.`,
      );
    }
  }
  const arrays = names.map((name): [string, NamedArray] => [
    name,
    toArray(
      rows.data.map((row) => row[name]),
      name,
      readCell,
      rowAfter(0),
    ),
  ]);
  return {arrays: new Map(arrays), membersFirst: false, where: rowAfter(0)};
}

/** A column of cells as one array; cells that hold lists give it further dimensions. */
export function toArray(
  cells: readonly unknown[],
  name: string,
  readCell: ReadCell,
  where: (row: number) => string,
): NamedArray {
  const flat = cells.map((cell, i) => flattenCell(cell, (item) => readCell(item, name, where(i)), where(i)));
  const inner = flat[0]?.shape ?? [];
  const odd = flat.findIndex(({shape}) => shape.join() !== inner.join());
  if (odd >= 0) {
    throw new DataError(
      `expected cells of one shape in column '${name}', got [${flat[odd]?.shape}] after [${inner}] on ${where(odd)}. Mend it.`,
    );
  }
  const width = inner.reduce((product, size) => product * size, 1);
  const data = new Float64Array(cells.length * width);
  for (const [i, {numbers}] of flat.entries()) data.set(numbers, i * width);
  return {data, shape: [cells.length, ...inner]};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ').slice(0, 120) : '';
    throw new FormatError(`expected JSON, got text that is none (${reason}). Is the file cut off?`, {cause});
  }
}
