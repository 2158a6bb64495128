import {type GraphModel, loadGraphModel} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

/** The description of a node in a graph model's topology. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const FLOAT = {type: 'DT_FLOAT'};

/** An input of shape [-1, ...shape]. */
export function placeholder(name: string, shape: readonly number[], type = 'DT_FLOAT'): GraphNode {
  const dim = [-1, ...shape].map((size) => ({size: String(size)}));
  return {name, op: 'Placeholder', attr: {dtype: {type}, shape: {shape: {dim}}}};
}

/** A frozen graph model of these nodes, its weights given by name. */
export async function graphModel(
  nodes: readonly GraphNode[],
  weights: Readonly<Record<string, tf.Tensor>>,
): Promise<GraphModel> {
  const constants = Object.entries(weights).map(([name, {shape}]) => ({
    name,
    op: 'Const',
    attr: {
      dtype: FLOAT,
      value: {tensor: {dtype: FLOAT.type, tensorShape: {dim: shape.map((size) => ({size: String(size)}))}}},
    },
  }));
  const node = [...nodes.map((one) => ({input: [], ...one, attr: {T: FLOAT, ...one.attr}})), ...constants];
  const {data, specs} = await tf.io.encodeWeights({...weights});
  return loadGraphModel(
    tf.io.fromMemory({modelTopology: {node, versions: {producer: 1}}, weightSpecs: specs, weightData: data}),
  );
}

/** x [N, 2] -> tanh dense of 3 -> dense of 3 -> softmax, with the weights in the order of a layers model of that form. */
export function classifierGraph([hidden, hiddenBias, kernel, bias]: readonly tf.Tensor[]): Promise<GraphModel> {
  return graphModel(
    [
      placeholder('x', [2]),
      {name: 'hidden/MatMul', op: 'MatMul', input: ['x', 'hidden/kernel']},
      {name: 'hidden/BiasAdd', op: 'BiasAdd', input: ['hidden/MatMul', 'hidden/bias']},
      {name: 'hidden/Tanh', op: 'Tanh', input: ['hidden/BiasAdd']},
      {name: 'dense/MatMul', op: 'MatMul', input: ['hidden/Tanh', 'dense/kernel']},
      {name: 'dense/BiasAdd', op: 'BiasAdd', input: ['dense/MatMul', 'dense/bias']},
      {name: 'probs', op: 'Softmax', input: ['dense/BiasAdd']},
    ],
    {
      'hidden/kernel': hidden as tf.Tensor,
      'hidden/bias': hiddenBias as tf.Tensor,
      'dense/kernel': kernel as tf.Tensor,
      'dense/bias': bias as tf.Tensor,
    },
  );
}
