import * as tf from '@tensorflow/tfjs-core';
import {type BackendName, initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import type {DataSets} from './simulator.ts';
import type {AmortizedWorkflow} from './workflow-run.ts';

/** A tensor's numbers as they travel between threads. */
export interface SentTensor {
  readonly values: Float32Array | Int32Array | Uint8Array;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** What a thread gets to do. */
export interface WorkflowTask {
  readonly backend: BackendName;
  /** URL of the module that exports `create`. */
  readonly module: string;
  /** Settings that the module's workflow must have. */
  readonly settings: string;
  /** The data sets, one tensor or several by name. */
  readonly dataSets: SentTensor | {readonly byName: Readonly<Record<string, SentTensor>>};
  readonly indices: readonly number[];
  /** State of the run's random stream. */
  readonly state: Int32Array;
}

/** What a thread says when it is done. */
export type WorkflowAnswer =
  | {readonly outcomes: DatasetOutcome[]}
  | {readonly failure: {readonly name: string; readonly message: string}};

let workflow: Promise<AmortizedWorkflow> | undefined;

/** Takes some data sets through the workflow that the module creates, once in each thread. */
export async function takeTask(task: WorkflowTask): Promise<WorkflowAnswer> {
  try {
    return {outcomes: await outcomesOf(task)};
  } catch (error) {
    const {name, message} = error instanceof Error ? error : {name: 'Error', message: String(error)};
    return {failure: {name, message}};
  }
}

async function outcomesOf(task: WorkflowTask): Promise<DatasetOutcome[]> {
  const {backend, module, settings, dataSets, indices, state} = task;
  await initBackend({prefer: backend});
  workflow ??= createIn(module);
  const made = await workflow;
  if (made.settings !== settings) {
    throw new ConfigError(
      `run: expected the module ${module} to create a workflow with the options ${settings}, got ${made.settings}. ` +
        'Create it in the same way as here.',
    );
  }
  const data = receive(dataSets);
  try {
    return await made.run(data, {indices, rng: createRng({state}), together: indices.length});
  } finally {
    tf.dispose(data);
  }
}

async function createIn(module: string): Promise<AmortizedWorkflow> {
  const {create} = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as {
    create?: () => AmortizedWorkflow | Promise<AmortizedWorkflow>;
  };
  if (typeof create === 'function') return create();
  throw new ConfigError(
    `run: expected the module ${module} to export create, got ${typeof create}. Export a function that makes the workflow.`,
  );
}

function receive(dataSets: WorkflowTask['dataSets']): DataSets {
  const tensorOf = ({values, shape, dtype}: SentTensor) => tf.tensor(values, shape, dtype);
  if ('values' in dataSets) return tensorOf(dataSets);
  return Object.fromEntries(Object.entries(dataSets.byName).map(([name, sent]) => [name, tensorOf(sent)]));
}
