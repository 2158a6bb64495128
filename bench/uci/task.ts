import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {createRng, fitStandardizer, type NumericTable, readCsv} from '../../src/index.ts';

/** The part of the training rows that hyper-parameters are chosen on. */
const VALIDATION_PART = 0.2;

/** Published scores of MC dropout on the same splits. */
export interface Published {
  readonly test_log_likelihood_mean: number;
  readonly test_log_likelihood_stderr: number;
  readonly test_rmse_mean: number;
}

/** A data set with its standard splits. */
export interface UciSet {
  readonly name: string;
  readonly table: NumericTable;
  /** Test rows of each split. */
  readonly splits: readonly (readonly number[])[];
  readonly published: Published | undefined;
}

/** Inputs and targets; the targets standardized like those that a net learns from. */
export interface Rows {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor2D;
  readonly targets: Float32Array;
}

/** Rows to learn from, rows to judge by, and what one standardized unit of the targets is in their own units. */
export interface Task {
  readonly learn: Rows;
  readonly judge: Rows;
  readonly unit: number;
}

/** The sets of a folder: `<name>/data.csv` with the target last, `<name>/splits.json` {test}, and `summary.json`. */
export function readSets(folder: string, wanted: readonly string[] | undefined): UciSet[] {
  const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Record<
    string,
    {mc_dropout_100x?: Published}
  >;
  return readdirSync(folder, {withFileTypes: true})
    .filter((entry) => entry.isDirectory() && (wanted?.includes(entry.name) ?? true))
    .map(({name}) => ({
      name,
      table: readCsv(readFileSync(join(folder, name, 'data.csv'), 'utf8')),
      splits: (JSON.parse(readFileSync(join(folder, name, 'splits.json'), 'utf8')) as {test: number[][]}).test,
      published: summary[name]?.mc_dropout_100x,
    }));
}

/** The two tasks of a split: validation rows judge what was learnt from the other training rows; test rows judge all. */
export function tasksOf({name, table, splits}: UciSet, split: number): {choose: Task; test: Task} {
  const test = splits[split] as readonly number[];
  const tested = new Set(test);
  const left = Array.from({length: table.rows}, (_, row) => row).filter((row) => !tested.has(row));
  const training = Array.from(createRng(`${name} ${split}`).permutation(left.length), (i) => left[i] as number);
  const held = Math.round(VALIDATION_PART * training.length);
  return {
    choose: task(table, training.slice(held), training.slice(0, held)),
    test: task(table, training, test),
  };
}

function task(table: NumericTable, learn: readonly number[], judge: readonly number[]): Task {
  const features = table.columns.length - 1;
  const inputs = (rows: readonly number[]): number[] =>
    rows.flatMap((row) => Array.from(table.data.subarray(row * (features + 1), (row + 1) * (features + 1) - 1)));
  const targets = (rows: readonly number[]): number[] =>
    rows.map((row) => table.data[(row + 1) * (features + 1) - 1] as number);
  const [ofX, ofY] = [fitStandardizer(inputs(learn), features), fitStandardizer(targets(learn))];
  const rowsOf = (rows: readonly number[]): Rows => {
    const y = ofY.transform(targets(rows));
    return {
      x: tf.tensor2d(ofX.transform(inputs(rows)), [rows.length, features]),
      y: tf.tensor2d(y, [rows.length, 1]),
      targets: y,
    };
  };
  return {learn: rowsOf(learn), judge: rowsOf(judge), unit: ofY.standardDeviation[0] as number};
}

/** Disposes the tensors of a task. */
export function disposeTask({learn, judge}: Task): void {
  tf.dispose([learn.x, learn.y, judge.x, judge.y]);
}
