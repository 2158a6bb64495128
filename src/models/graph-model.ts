import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../errors.ts';
import type {HeadKind} from './head.ts';

/** What {@link lastLayer} needs of a `tf.GraphModel`; any object of this form will do. */
export interface FrozenGraph {
  /** Its inputs in order; unknown axes are -1 or null. */
  readonly inputs: readonly {
    /** Name of the input's node. */
    readonly name: string;
    /** Its shape, the examples' axis included. */
    readonly shape?: readonly (number | null)[];
    /** Its data type. */
    readonly dtype: string;
  }[];
  /** Its weights by the names of their nodes. */
  readonly weights: {readonly [name: string]: readonly tf.Tensor[]};
  /** The value of a node, synchronously. */
  execute(inputs: tf.Tensor[], node: string): tf.Tensor | tf.Tensor[];
}

/** Options of {@link lastLayer}. */
export interface LastLayerOptions {
  /** The frozen model, as `tf.loadGraphModel` gives it. */
  readonly model: FrozenGraph;
  /** Name of the node whose value goes into the last layer, [N, ..., D]: what feeds its MatMul or 1x1 convolution. */
  readonly features: string;
  /** The last layer's kernel, [D, C] or [1, 1, D, C]: the name of a weight of the graph, or a tensor. */
  readonly kernel: string | tf.Tensor;
  /** Its bias, [C], likewise. Default none. */
  readonly bias?: string | tf.Tensor;
  /** What the graph does with the last layer's outputs, which a graph does not tell. Default `'linear'`. */
  readonly head?: HeadKind;
}

/**
 * A frozen graph model as a model of layers, so that its last layer can have a posterior: the features are a node of the
 * graph, followed by a Dense layer with weights read from the graph,
 *
 *     model(x) = head(features(x) kernel + bias)
 *
 * Everything that takes a `tf.LayersModel` takes the result. Only the Dense layer can be trained; the graph's other weights
 * are shared, not copied, and count in the fingerprint. `graph.weights` lists the names of weights, and a viewer of
 * `model.json` those of nodes. Dispose the result when it is no longer needed; the graph stays.
 *
 * @throws ConfigError if the graph has no such weight, or needs to be told more about its inputs.
 * @throws ShapeError if kernel and bias do not fit each other, or (when run) the features do not fit the kernel.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {type FrozenGraph, initBackend, lastLayer} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const graph: FrozenGraph = {             // as a stand-in: const graph = await tf.loadGraphModel(url)
 *   inputs: [{name: 'x', shape: [-1, 2], dtype: 'float32'}],
 *   weights: {'dense/kernel': [tf.tensor2d([[1], [2], [3]])], 'dense/bias': [tf.tensor1d([0.5])]},
 *   execute: ([x]) => tf.tidy(() => tf.concat([x as tf.Tensor, tf.ones([(x as tf.Tensor).shape[0] as number, 1])], 1)),
 * };
 * const model = lastLayer({model: graph, features: 'concat', kernel: 'dense/kernel', bias: 'dense/bias'});
 * const y = model.predict(tf.tensor2d([[1, 1]])) as tf.Tensor;
 * console.log(await y.data());             // [1 + 2 + 3 + 0.5]; now: laplace(model, {likelihood: 'gaussian'})
 * ```
 */
export function lastLayer({model: graph, features, kernel, bias, head = 'linear'}: LastLayerOptions): tfl.LayersModel {
  checkGraph(graph);
  const values = {kernel: weightOf(graph, kernel, 'kernel'), bias: bias && weightOf(graph, bias, 'bias')};
  const [inputSize, outputs] = kernelSizes(values.kernel);
  if (values.bias && values.bias.shape.join() !== String(outputs)) {
    throw new ShapeError(
      `lastLayer: expected a bias of shape [${outputs}] for a kernel of shape [${values.kernel.shape.join(', ')}], got ` +
        `[${values.bias.shape.join(', ')}]. Name the bias that is added to the product with this kernel.`,
    );
  }
  const inputs = graph.inputs.map(({name, shape, dtype}) =>
    tfl.input({name, shape: innerShape(name, shape), dtype: dtype as tf.DataType & ('float32' | 'int32' | 'bool')}),
  );
  const outputShape = [null, ...featureAxes(graph, features, values.kernel), inputSize];
  const layer = new GraphFeatures({graph, node: features, outputShape});
  const dense = tfl.layers.dense({units: outputs, useBias: values.bias !== undefined, activation: head});
  const model = tfl.model({
    inputs,
    outputs: dense.apply(layer.apply(inputs) as tfl.SymbolicTensor) as tfl.SymbolicTensor,
  });
  tf.tidy(() => {
    const matrix = tf.reshape(values.kernel, [inputSize, outputs]);
    dense.setWeights(values.bias ? [matrix, values.bias] : [matrix]);
  });
  return model;
}

/** The part of a graph up to a node, as a layer whose weights cannot be trained. */
class GraphFeatures extends tfl.layers.Layer {
  static readonly className = 'BayesGraphFeatures';
  readonly #graph: FrozenGraph;
  readonly #node: string;
  readonly #outputShape: (number | null)[];
  readonly #names: readonly string[];

  constructor({graph, node, outputShape}: {graph: FrozenGraph; node: string; outputShape: (number | null)[]}) {
    super({trainable: false});
    this.#graph = graph;
    this.#node = node;
    this.#outputShape = outputShape;
    const numbers = Object.entries(graph.weights).flatMap(([name, tensors]) =>
      tensors.filter(({dtype}) => dtype !== 'string').map((tensor) => ({name, tensor})),
    );
    this.#names = numbers.map(({name}) => name);
    // Variables of the same data: they take no memory, and the fingerprint sees them.
    this.nonTrainableWeights = numbers.map(
      ({tensor}, i) => new tfl.LayerVariable(tensor, tensor.dtype, `${this.name}/weight_${i}`, false),
    );
  }

  override computeOutputShape(): (number | null)[] {
    return this.#outputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const given = Array.isArray(inputs) ? inputs : [inputs];
    const value = this.#graph.execute(given, this.#node);
    const features = Array.isArray(value) ? (value[0] as tf.Tensor) : value;
    const expected = this.#outputShape;
    const fits =
      features.rank === expected.length && expected.every((size, i) => size === null || size === features.shape[i]);
    if (fits && features.shape[0] === given[0]?.shape[0]) return features;
    throw new ShapeError(
      `lastLayer: expected features of shape [N, ${expected
        .slice(1)
        .map((size) => size ?? 'any')
        .join(', ')}] at node ` +
        `'${this.#node}', got [${features.shape.join(', ')}]. Name the node that goes into the product with the kernel.`,
    );
  }

  /** Names of its weights and node, for the fingerprint; the graph itself is saved on its own. */
  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), node: this.#node, weights: [...this.#names]};
  }
}

function checkGraph(graph: FrozenGraph): void {
  const given: Partial<FrozenGraph> | undefined = graph;
  if (
    Array.isArray(given?.inputs) &&
    typeof given.execute === 'function' &&
    given.weights &&
    !Array.isArray(given.weights)
  )
    return;
  throw new ConfigError(
    'lastLayer: expected model to be a tf.GraphModel, got something else. Pass the result of tf.loadGraphModel; a ' +
      'tf.LayersModel needs no lastLayer.',
  );
}

function weightOf(graph: FrozenGraph, weight: string | tf.Tensor, what: 'kernel' | 'bias'): tf.Tensor {
  if (weight instanceof tf.Tensor) return weight;
  const found = graph.weights[weight]?.[0];
  if (found) return found;
  const candidates = Object.entries(graph.weights)
    .filter(([, [tensor]]) => tensor && (what === 'bias' ? tensor.rank === 1 : tensor.rank === 2 || tensor.rank === 4))
    .map(([name, [tensor]]) => `'${name}' [${tensor?.shape.join(', ')}]`);
  throw new ConfigError(
    `lastLayer: expected ${what} to name a weight of the graph, got '${weight}'. Those of its rank: ` +
      `${candidates.join(', ') || 'none'}.`,
  );
}

/** D and C of a kernel [D, C] or [1, 1, D, C]. */
function kernelSizes({shape}: tf.Tensor): [number, number] {
  const [outputs, inputSize, ...positions] = [...shape].reverse();
  if (inputSize !== undefined && outputs !== undefined && positions.every((size) => size === 1))
    return [inputSize, outputs];
  throw new ShapeError(
    `lastLayer: expected a kernel of shape [D, C] or [1, 1, D, C], got [${shape.join(', ')}]. ` +
      'Name the weight of a dense layer or of a 1x1 convolution.',
  );
}

function innerShape(name: string, shape: readonly (number | null)[] | undefined): (number | null)[] {
  const [examples, ...rest] = shape ?? [];
  if (shape === undefined || shape.length === 0 || (examples ?? -1) >= 0) {
    throw new ConfigError(
      `lastLayer: expected input '${name}' to have an open first axis, got ` +
        `${shape === undefined ? 'no shape' : `[${shape.join(', ')}]`}. Convert the model with an open batch size.`,
    );
  }
  return rest.map((size) => (size === null || size < 0 ? null : size));
}

/** The axes of the features between the first and the last: from a trial run where the inputs say their size, else open. */
function featureAxes(graph: FrozenGraph, node: string, kernel: tf.Tensor): (number | null)[] {
  const shapes = graph.inputs.map(({name, shape}) => innerShape(name, shape));
  if (shapes.flat().includes(null)) return kernel.shape.slice(0, -2).map(() => null);
  return tf.tidy(() => {
    const trial = graph.inputs.map(({dtype}, i) => tf.zeros([1, ...(shapes[i] as number[])], dtype as 'float32'));
    const value = graph.execute(trial, node);
    return (Array.isArray(value) ? (value[0] as tf.Tensor) : value).shape.slice(1, -1) as unknown as tf.TensorContainer;
  }) as unknown as number[];
}
