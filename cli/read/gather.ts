import {DataError} from '../../src/errors.ts';
import type {NamedArray} from './batch.ts';

/** Columns that stand side by side as one array. */
export interface Family {
  /** Name of the array. */
  readonly array: string;
  /** Its columns in their order. */
  readonly columns: readonly string[];
  /** Length of each dimension after the rows. */
  readonly inner: readonly number[];
  /** Levels of quantiles. */
  readonly levels?: readonly number[];
}

const numbered: ReadonlyArray<{readonly pattern: RegExp; readonly array: string; readonly stem: string}> = [
  {pattern: /^p\d+$/, array: 'probs', stem: 'p'},
  {pattern: /^logit\d+$/, array: 'logits', stem: 'logit'},
  {pattern: /^draw\d+$/, array: 'draws', stem: 'draw'},
];

const ofMembers: ReadonlyArray<{readonly pattern: RegExp; readonly array: string; readonly stem: string}> = [
  {pattern: /^m(\d+)_p(\d+)$/, array: 'member_probs', stem: 'p'},
  {pattern: /^m(\d+)_logit(\d+)$/, array: 'member_logits', stem: 'logit'},
  {pattern: /^m(\d+)_(mean)$/, array: 'member_mean', stem: 'mean'},
  {pattern: /^m(\d+)_(std)$/, array: 'member_std', stem: 'std'},
];

/** The families among the columns; a family has all of its columns even where the file lacks some. */
export function findFamilies(names: readonly string[]): Family[] {
  const families: Family[] = [];
  for (const {pattern, array, stem} of numbered) {
    const count = names.filter((name) => pattern.test(name)).length;
    if (count === 0) continue;
    families.push({array, columns: Array.from({length: count}, (_, k) => `${stem}${k}`), inner: [count]});
  }
  for (const {pattern, array, stem} of ofMembers) {
    const found = names.flatMap((name) => {
      const match = pattern.exec(name);
      return match === null ? [] : [match];
    });
    if (found.length === 0) continue;
    const single = stem === 'mean' || stem === 'std';
    const members = new Set(found.map(([, member]) => member)).size;
    const classes = single ? 1 : new Set(found.map(([, , k]) => k)).size;
    const columns = Array.from({length: members * classes}, (_, at) => {
      return `m${Math.floor(at / classes)}_${stem}${single ? '' : at % classes}`;
    });
    families.push({array, columns, inner: single ? [members] : [members, classes]});
  }
  const quantiles = names.filter((name) => /^q(0?\.\d+)$/.test(name));
  if (quantiles.length > 0) {
    const sorted = quantiles.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    const levels = sorted.map((name) => Number(name.slice(1)));
    const wrong = levels.findIndex((level, i) => !(level > 0 && level < 1) || level === levels[i - 1]);
    if (wrong >= 0) {
      throw new DataError(
        `expected distinct levels between 0 and 1 in the names of quantiles, got ${sorted[wrong]}. Name them like q0.05.`,
      );
    }
    families.push({array: 'quantiles', columns: sorted, inner: [sorted.length], levels});
  }
  return families;
}

/** Columns side by side, [rows, ...inner]. */
export function joinColumns(columns: readonly NamedArray[], inner: readonly number[]): NamedArray {
  const rows = columns[0]?.data.length ?? 0;
  const width = columns.length;
  const data = new Float64Array(rows * width);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) data[i * width + j] = column.data[i] as number;
  });
  return {data, shape: [rows, ...inner]};
}

/** The same numbers with the first two dimensions exchanged. */
export function exchangeLeading({data, shape}: NamedArray): NamedArray {
  const [first = 1, second = 1, ...rest] = shape;
  const width = rest.reduce((product, size) => product * size, 1);
  const exchanged = new Float64Array(data.length);
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < second; b++) {
      const from = (a * second + b) * width;
      exchanged.set(data.subarray(from, from + width), (b * first + a) * width);
    }
  }
  return {data: exchanged, shape: [second, first, ...rest]};
}
