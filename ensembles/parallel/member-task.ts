import type {MessagePort} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import type {BackendName} from '../../src/backend/index.ts';
import {inputTensors, type LabelledExamples} from '../data-side/inputs.ts';
import type {DataVariation} from '../data-side/variation.ts';
import {type ModelParcel, type PackedTensor, packTensor, unpackTensor} from './model-parcel.ts';

/** What a worker gets to train one member. */
export interface MemberTask {
  readonly member: number;
  readonly backend: BackendName;
  readonly model: ModelSource;
  /** Fingerprint that the model must have. */
  readonly architecture: string;
  readonly output: string | undefined;
  readonly training: PackedExamples;
  readonly validation: PackedExamples | undefined;
  /** State of the stream that orders the batches. */
  readonly order: Int32Array;
  readonly epochs: number;
  readonly batchSize: number;
  readonly verbose: 0 | 1;
  readonly variation: DataVariation | undefined;
  /** Where the epochs are reported. */
  readonly port: MessagePort;
}

/** A question before any training: can a worker train this? */
export type MemberTrial = Pick<MemberTask, 'member' | 'backend' | 'model' | 'architecture' | 'output'>;

/** Where a worker takes its model from: a parcel, or a module that creates it. */
export type ModelSource =
  | {readonly parcel: ModelParcel}
  | {
      readonly module: string;
      /** State of the stream that `create` gets. */
      readonly state: Int32Array;
      /** Whether the module has to make callbacks too. */
      readonly needsCallbacks: boolean;
    };

/** What a worker says when it is done; weights in the order of the host's variables. */
export type MemberAnswer =
  | {readonly weights: readonly Float32Array[]}
  | {readonly failure: {readonly name: string; readonly message: string}};

/** One epoch of a member, as its worker reports it. */
export interface EpochReport {
  readonly epoch: number;
  readonly logs: Record<string, number>;
}

/** Examples in shared memory; inputs are a tensor without a name, a list without names, or a map. */
export interface PackedExamples {
  readonly names: readonly string[] | 'tensor' | 'list';
  readonly x: readonly PackedTensor[];
  readonly y: PackedTensor;
  readonly weights: PackedTensor | undefined;
}

/** Copies examples into shared memory. */
export async function packExamples({x, y, weights}: LabelledExamples): Promise<PackedExamples> {
  const names = x instanceof tf.Tensor ? 'tensor' : Array.isArray(x) ? 'list' : Object.keys(x);
  return {
    names,
    x: await Promise.all(inputTensors(x).map(packTensor)),
    y: await packTensor(y),
    weights: weights && (await packTensor(weights)),
  };
}

/** The examples that were packed; the caller disposes them. */
export function unpackExamples({names, x, y, weights}: PackedExamples): LabelledExamples {
  const tensors = x.map(unpackTensor);
  const rest = {y: unpackTensor(y), weights: weights && (unpackTensor(weights) as tf.Tensor1D)};
  if (names === 'tensor') return {x: tensors[0] as tf.Tensor, ...rest};
  if (names === 'list') return {x: tensors, ...rest};
  return {x: Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])), ...rest};
}
