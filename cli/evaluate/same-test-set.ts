import {basename, extname} from 'node:path';
import {DataError} from '../../src/errors.ts';
import type {Predictions} from '../read/predictions.ts';

interface WithTruth {
  readonly path: string;
  readonly kind: Predictions['kind'];
  readonly truth: Float64Array;
}

/**
 * The name of each file without folder and extension, or with them as far as that is needed to tell files apart.
 *
 * @throws DataError where a file is given twice.
 */
export function modelNames(files: readonly string[]): string[] {
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new DataError(`expected different files, got ${twice} twice. Leave one out.`);
  const candidates = [files.map((file) => basename(file, extname(file))), files.map((file) => basename(file))];
  return candidates.find((names) => new Set(names).size === files.length) ?? [...files];
}

/** Throws DataError unless two files have the same truths in the same order. */
export function sameTruth(first: WithTruth, other: WithTruth): void {
  const both = `${first.path} and ${other.path}`;
  if ((first.kind === 'classification') !== (other.kind === 'classification')) {
    throw new DataError(`expected predictions of one kind, got classes and numbers in ${both}. Take them apart.`);
  }
  const [a, b] = [first.truth, other.truth];
  if (a.length !== b.length) {
    throw new DataError(
      `expected the same test set in ${both}, got ${a.length} and ${b.length} rows. Take them apart.`,
    );
  }
  const row = a.findIndex((value, j) => !alike(value, b[j] as number));
  if (row >= 0) {
    throw new DataError(
      `expected the same test set in the same order in ${both}, got ${a[row]} and ${b[row]} as the truth of example ` +
        `${row}. Take them apart or sort one like the other.`,
    );
  }
}

/** Targets may have passed through float32 in one file and not in the other. */
function alike(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}
