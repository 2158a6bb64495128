import {DataError} from '../../src/errors.ts';
import {assemble} from './assemble.ts';
import type {OnRead} from './batch.ts';
import {truthNames} from './cells.ts';
import {concatenate, joinArrays} from './concatenate.ts';
import {findLayout, type LayoutOptions} from './layout.ts';
import {describe, openBatches} from './open.ts';
import type {Labelled, Predictions} from './predictions.ts';

/** How files of predictions are read. */
export interface ReadOptions extends LayoutOptions {
  /** Truths from a file of their own, for files without. */
  readonly truths?: Float64Array;
  /** Told how much of the file has been read. */
  readonly onRead?: OnRead;
}

/**
 * Reads predictions in batches of rows.
 *
 * @throws DataError where the file cannot be read, holds no predictions, or lacks truths that are required; the message starts
 * with the path.
 */
export function predictionBatches(path: string, options: ReadOptions, truthRequired: true): AsyncIterable<Labelled>;
export function predictionBatches(
  path: string,
  options: ReadOptions,
  truthRequired: boolean,
): AsyncIterable<Predictions>;
export async function* predictionBatches(
  path: string,
  options: ReadOptions,
  truthRequired: boolean,
): AsyncIterable<Predictions> {
  const {truths, truth, classes, ignore, onRead} = options;
  const npyName = options.scale === 'logits' ? 'logits' : 'probs';
  const open = {
    npyName,
    ...(truth === undefined ? {} : {truth}),
    ...(classes === undefined ? {} : {classes}),
    ...(ignore === undefined ? {} : {ignore}),
    ...(onRead === undefined ? {} : {onRead}),
  };
  let layout: ReturnType<typeof findLayout> | undefined;
  let rows = 0;
  for await (const batch of openBatches(path, open)) {
    const predictions = blaming(path, () => {
      layout ??= findLayout([...batch.arrays.keys()], options, truthRequired && truths === undefined);
      const gathered = layout(batch);
      if (truths === undefined) return assemble(gathered, batch);
      const found = [...gathered.arrays.values()][0];
      const count = rowsOf(gathered.form, found?.shape ?? [], batch.membersFirst);
      const own = truths.subarray(rows, rows + count);
      if (own.length < count)
        throw new DataError(
          `expected one truth per row in --labels, got ${truths.length} for more rows. Give one for each.`,
        );
      return assemble({...gathered, truth: {data: own, shape: [count]}}, batch);
    });
    if (predictions.rows === 0) continue;
    rows += predictions.rows;
    yield predictions;
  }
  if (rows === 0) throw new DataError(`${path}: expected at least one row, got a header alone. Add the predictions.`);
  if (truths !== undefined && truths.length !== rows) {
    throw new DataError(
      `${path}: expected one truth per row in --labels, got ${truths.length} for ${rows} rows. Give one for each.`,
    );
  }
}

/** Rows of the array of a form. */
function rowsOf(form: string, shape: readonly number[], membersFirst: boolean): number {
  const second = membersFirst && ['member_probs', 'member_logits', 'mixture', 'draws'].includes(form);
  return shape[second ? 1 : 0] ?? 0;
}

/** Reads all predictions of a file whose truths are required. */
export async function readLabelled(path: string, options: ReadOptions): Promise<Labelled> {
  return (await readPredictions(path, options, true)) as Labelled;
}

/** Reads all predictions of a file. */
export async function readPredictions(
  path: string,
  options: ReadOptions,
  truthRequired: boolean,
): Promise<Predictions> {
  const parts: Predictions[] = [];
  for await (const part of predictionBatches(path, options, truthRequired)) parts.push(part);
  return concatenate(parts);
}

/** Reads labels or targets from a file that holds nothing else, or has them under one of the usual names. */
export async function readTruths(
  path: string,
  options: Pick<LayoutOptions, 'truth' | 'classes'>,
): Promise<Float64Array> {
  const parts: Float64Array[] = [];
  for await (const {arrays} of openBatches(path, {npyName: 'labels', ...options})) {
    blaming(path, () => {
      const names = [...arrays.keys()];
      const name = options.truth ?? (names.length === 1 ? names[0] : names.find((each) => truthNames.includes(each)));
      const found = arrays.get(name ?? '');
      if (found === undefined || found.data.length !== found.shape[0]) {
        throw new DataError(
          `expected labels or targets, one per row, got ${names.join(', ').slice(0, 80)}. Name the column with --label.`,
        );
      }
      parts.push(found.data);
    });
  }
  return joinArrays(parts);
}

function blaming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new DataError(`${path}: ${describe(cause)}`, {cause});
  }
}
