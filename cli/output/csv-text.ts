import {csvFormatRows} from 'd3-dsv';

/** CSV lines from rows of cells, the last line ended. */
export function csvText(rows: ReadonlyArray<readonly string[]>): string {
  return `${csvFormatRows(rows.map((row) => [...row]))}\n`;
}

/** CSV of columns of equal length under their names. */
export function csvColumns(columns: {readonly [name: string]: ArrayLike<number | string>}): string {
  const names = Object.keys(columns);
  const rows = Object.values(columns)[0]?.length ?? 0;
  const body = Array.from({length: rows}, (_, i) => names.map((name) => String(columns[name]?.[i] ?? '')));
  return csvText([names, ...body]);
}
