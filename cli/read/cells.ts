import {DataError} from '../../src/errors.ts';

/** Names that the column of truths may have. */
export const truthNames: readonly string[] = ['label', 'labels', 'target', 'targets'];

/** How cells become numbers. */
export interface CellOptions {
  /** Name of the column of truths. Default: one of {@link truthNames}. */
  readonly truth?: string;
  /** Names of the classes in their order; a truth may be one of them instead of its number. */
  readonly classes?: readonly string[];
  /** Columns that are passed over: whatever stands in them becomes NaN. */
  readonly ignore?: readonly string[];
}

/** The number in a cell of the column. */
export type ReadCell = (cell: unknown, column: string, where: string) => number;

/** A reader of cells: finite numbers, and in the column of truths the names of classes. */
export function cellReader({truth, classes = [], ignore = []}: CellOptions): ReadCell {
  const numbers = new Map(classes.map((name, k) => [name, k]));
  const isTruth = (column: string): boolean => (truth === undefined ? truthNames.includes(column) : column === truth);
  return (cell, column, where) => {
    const value = toNumber(cell);
    if (Number.isFinite(value)) return value;
    if (ignore.includes(column)) return Number.NaN;
    const named = isTruth(column) && typeof cell === 'string' ? numbers.get(cell.trim()) : undefined;
    if (named !== undefined) return named;
    const hint =
      isTruth(column) && typeof cell === 'string' && cell.trim() !== '' && !/^[+-]?(nan|inf)/i.test(cell.trim())
        ? 'Count classes from 0, or name them with --classes.'
        : 'Correct it or leave the row out.';
    throw new DataError(`expected a finite number on ${where}, column '${column}', got ${shown(cell)}. ${hint}`);
  };
}

function toNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'string') return cell.trim() === '' ? Number.NaN : Number(cell);
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : Number.NaN;
  return typeof cell === 'boolean' ? Number(cell) : Number.NaN;
}

/** A cell in one short line. */
function shown(cell: unknown): string {
  if (cell === null || cell === undefined) return 'nothing';
  if (typeof cell === 'bigint') return `the integer ${cell} beyond 2^53`;
  const text = JSON.stringify(cell) ?? String(cell);
  return text.length > 60 ? `${text.slice(0, 60)}... (${text.length} characters)` : text;
}

/** Numbers from a cell that may hold lists in lists, row-major, with the shape. */
export function flattenCell(
  cell: unknown,
  read: (cell: unknown) => number,
  where: string,
): {numbers: number[]; shape: number[]} {
  if (!Array.isArray(cell) && !ArrayBuffer.isView(cell)) return {numbers: [read(cell)], shape: []};
  const items = Array.from(cell as ArrayLike<unknown>, (item) => flattenCell(item, read, where));
  const inner = items[0]?.shape ?? [];
  if (items.some(({shape}) => shape.length !== inner.length || shape.some((size, d) => size !== inner[d]))) {
    throw new DataError(
      `expected lists of one length on ${where}, got different ones. Give every row as many numbers.`,
    );
  }
  return {numbers: items.flatMap(({numbers}) => numbers), shape: [items.length, ...inner]};
}
