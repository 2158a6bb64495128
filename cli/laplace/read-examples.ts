import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DataError, ShapeError} from '../../src/errors.ts';
import type {OnRead} from '../read/batch.ts';
import {truthNames} from '../read/cells.ts';
import {joinArrays} from '../read/concatenate.ts';
import {joinColumns} from '../read/gather.ts';
import {openBatches} from '../read/open.ts';

/** Inputs and targets as tensors, which the caller disposes. */
export interface Examples {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  /** The targets as they stand in the file. */
  readonly truth: Float64Array;
  /** Names of the columns of inputs in their order; none where they are one array. */
  readonly columns: readonly string[] | undefined;
}

/** How examples are read. */
export interface ExampleOptions {
  /** Column of targets. */
  readonly truth: string | undefined;
  readonly ignore: readonly string[];
  /** Names of the classes, where targets are these. */
  readonly names: readonly string[] | undefined;
  /** Whether targets are numbers of classes. */
  readonly classes: boolean;
  /** Columns of inputs of the training set: other names or another order are refused. */
  readonly columns: readonly string[] | undefined;
  readonly onRead: OnRead;
}

/**
 * Reads inputs of a model and its targets.
 *
 * Inputs are an array `x` of more than one number each, or else all columns but that of the targets side by side.
 *
 * @throws DataError where the file cannot be read, has no targets, or has other columns than the training set; ShapeError where it
 * does not fit the model.
 */
export async function readExamples(path: string, model: LayersModel, options: ExampleOptions): Promise<Examples> {
  const {truth, ignore, names: classNames, classes, columns: trained, onRead} = options;
  const inputs: Float64Array[] = [];
  const targets: Float64Array[] = [];
  let inner: readonly number[] = [];
  let inputNames: readonly string[] | undefined;
  const named = classNames === undefined ? {} : {classes: classNames};
  const open = {npyName: 'x', onRead, ignore, ...named, ...(truth === undefined ? {} : {truth})};
  for await (const {arrays} of openBatches(path, open)) {
    const names = [...arrays.keys()].filter((name) => !ignore.includes(name));
    const target = truth ?? [...truthNames, 'y'].find((name) => names.includes(name));
    const y = arrays.get(target ?? '');
    if (y === undefined) {
      throw new DataError(
        `${path}: expected a column of labels or targets, got ${names.slice(0, 8).join(', ')}. Name it with --label.`,
      );
    }
    const others = names.filter((name) => name !== target);
    const columns = others.flatMap((name) => arrays.get(name) ?? []);
    const candidate = others.includes('x') ? arrays.get('x') : undefined;
    const whole = (candidate?.shape.length ?? 0) > 1 ? candidate : undefined;
    const x = whole ?? joinColumns(columns, [columns.length]);
    if (whole === undefined && columns.some(({shape}) => shape.length !== 1)) {
      throw new ShapeError(
        `${path}: expected columns of single numbers, or one array x, got ${names.slice(0, 8).join(', ')}. Name it x.`,
      );
    }
    inputNames = whole === undefined ? others : undefined;
    inner = x.shape.slice(1);
    inputs.push(x.data);
    targets.push(y.data);
  }
  const all = joinArrays(targets);
  const x = joinArrays(inputs);
  const rows =
    x.length /
    Math.max(
      1,
      inner.reduce((product, size) => product * size, 1),
    );
  if (rows === 0) throw new DataError(`${path}: expected at least one example, got none. Add rows.`);
  const {inputShape, outputs} = shapesOf(model, path);
  const size = inputShape.reduce((product, length) => product * length, 1);
  if (x.length !== rows * size) {
    throw new ShapeError(
      `${path}: expected inputs of shape [${inputShape}], ${size} numbers, as the model takes, got ${x.length / rows}. Leave columns ` +
        'out with --ignore.',
    );
  }
  checkColumns(path, inputNames, trained);
  return {
    x: tf.tensor(Float32Array.from(x), [rows, ...inputShape]),
    y: targetTensor(path, all, rows, classes, outputs),
    truth: all,
    columns: inputNames,
  };
}

function checkColumns(
  path: string,
  names: readonly string[] | undefined,
  trained: readonly string[] | undefined,
): void {
  if (names === undefined || trained === undefined) return;
  const wrong = names.findIndex((name, j) => name !== trained[j]);
  if (wrong < 0) return;
  const from = wrong < 8 ? 0 : wrong;
  const list = (columns: readonly string[]): string =>
    `${from > 0 ? '..., ' : ''}${columns.slice(from, from + 8).join(', ')}`;
  throw new DataError(
    `${path}: expected the columns of the training set in their order, ${list(trained)}, got ${list(names)}. Order and name the ` +
      'columns of both files alike.',
  );
}

function targetTensor(path: string, truth: Float64Array, rows: number, classes: boolean, outputs: number): tf.Tensor {
  const width = truth.length / rows;
  if (classes && width === 1) {
    const wrong = truth.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < outputs));
    if (wrong >= 0) {
      throw new DataError(
        `${path}: expected a label from 0 to ${outputs - 1}, as the model has ${outputs} classes, got ${truth[wrong]} in row ${wrong}. ` +
          'Count classes from 0.',
      );
    }
    return tf.tensor1d(Int32Array.from(truth), 'int32');
  }
  if (width !== outputs) {
    throw new ShapeError(
      `${path}: expected ${outputs} targets per example, as the model has outputs, got ${width}. Mend the file.`,
    );
  }
  return tf.tensor2d(Float32Array.from(truth), [rows, width]);
}

function shapesOf(model: LayersModel, path: string): {inputShape: number[]; outputs: number} {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new ShapeError(
      `${path}: expected a model with one input and one output, got ${model.inputs.length} and ${model.outputs.length}. Use the library.`,
    );
  }
  const inputShape = (model.inputs[0]?.shape ?? []).slice(1).map((length) => length ?? 1);
  return {inputShape, outputs: model.outputs[0]?.shape.at(-1) ?? 1};
}
