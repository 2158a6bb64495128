import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {fingerprintModel} from './fingerprint.ts';
import {leafLayers} from './graph.ts';
import {type HeadKind, splitHead} from './head.ts';
import {type Inputs, toModelInputs} from './inputs.ts';
import {captureFeatures, findLastLayer, type LastLayer} from './last-layer.ts';
import {type Override, withOverrides} from './override.ts';
import {recordTaps} from './record-taps.ts';
import type {TapRun} from './taps.ts';

/** A tfjs model seen as a function from inputs to latent outputs f: its final softmax or sigmoid split off. */
export interface Net {
  /** The model; of several outputs, the part that leads to the chosen one. */
  readonly model: tfl.LayersModel;
  /** What stood at the end: f are logits after 'softmax' or 'sigmoid'; 'linear' says nothing. */
  readonly head: HeadKind;
  /** Number C of latent outputs: the last axis of f. */
  readonly outputSize: number;
  /** The model's trainable weights when the net was made, each once, in model order. */
  readonly weights: readonly tfl.LayerVariable[];
  /** Name of the layer of each of `weights`. */
  readonly layerNames: readonly string[];
  /** The last Dense layer, under the head. Reading it throws a ConfigError where the model ends otherwise. */
  readonly lastLayer: LastLayer;
  /** f [N, ..., C] in inference mode; synchronous, and differentiable in `x` and in the weights. */
  outputs(x: Inputs): tf.Tensor;
  /** One evaluation that also gives what goes into the last Dense layer; otherwise like `outputs`. */
  features(x: Inputs): {
    /** What goes into the last Dense layer, [N, ..., D]. */
    features: tf.Tensor;
    /** f, [N, ..., C]. */
    outputs: tf.Tensor;
  };
  /**
   * One recorded evaluation, from which `use`, a synchronous function, takes backward passes. Everything is disposed at
   * the end but the tensors that `use` returns. Inside a `tf.grad`, what `use` computes is differentiable in `x`.
   *
   * @throws UnsupportedLayerError if a layer with trainable weights has no tap rule.
   */
  taps<T extends tf.TensorContainer>(x: Inputs, use: (run: TapRun) => T): T;
  /** Sixteen hexadecimal digits for the model's architecture and the values of its weights; names do not count. */
  fingerprint(): Promise<string>;
}

/** Options of {@link createNet}. */
export interface NetOptions {
  /** Name of the output to look at, where the model has several. */
  readonly output?: string;
  /** Whether a trainable weight counts among the net's `weights`, by its index in them and its layer's name. Default all. */
  readonly only?: (index: number, layerName: string) => boolean;
  /** Name of the calling function, for error messages. Default 'createNet'. */
  readonly caller?: string;
}

/**
 * Sees a tfjs model as a function f whose final softmax or sigmoid is split off, without changing the model:
 * `model(x) = softmax(f(x))`.
 *
 * @throws ConfigError if the model is no built LayersModel, has several outputs and `output` names none of them, or has a
 * head that cannot be split off.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createNet, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, activation: 'tanh', inputShape: [4]}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const net = createNet(model);
 * console.log(net.head, net.outputSize, net.lastLayer.inputSize); // softmax 3 8
 * const x = tf.ones([2, 4]);
 * const difference = tf.sub(tf.softmax(net.outputs(x)), model.predict(x) as tf.Tensor);
 * console.log((await tf.max(tf.abs(difference)).data())[0]); // 0, up to rounding
 * ```
 */
export function createNet(model: tfl.LayersModel, {output, only, caller = 'createNet'}: NetOptions = {}): Net {
  const part = selectOutput(checkModel(model, caller), output, caller);
  const head = splitHead(part, caller);
  const shape = (part.outputs[0] as tfl.SymbolicTensor).shape;
  const outputSize = shape.at(-1);
  if (typeof outputSize !== 'number') {
    throw new ConfigError(
      `${caller}: expected a model whose outputs have a fixed last axis, got [${shape.join(', ')}]. ` +
        'Give the last layer a fixed number of units.',
    );
  }
  const layers = leafLayers(part);
  const trainable = [...new Set(part.trainableWeights)];
  const weights = only ? trainable.filter((weight, i) => only(i, layerOf(weight, layers))) : trainable;
  const evaluate = (inputs: tf.Tensor[], overrides: readonly Override[] = []): tf.Tensor =>
    withOverrides([...head.overrides, ...overrides], () => {
      const outputs = part.apply(inputs, {training: false}) as tf.Tensor | tf.Tensor[];
      return Array.isArray(outputs) ? (outputs[0] as tf.Tensor) : outputs;
    });
  return {
    model: part,
    head: head.kind,
    outputSize,
    weights,
    layerNames: weights.map((weight) => layerOf(weight, layers)),
    get lastLayer() {
      return findLastLayer(part);
    },
    outputs(x) {
      const inputs = toModelInputs(part, x, 'net.outputs');
      return tf.tidy(() => evaluate(inputs));
    },
    features(x) {
      const inputs = toModelInputs(part, x, 'net.features');
      const last = findLastLayer(part);
      return tf.tidy(() => captureFeatures(last, (overrides) => evaluate(inputs, overrides)));
    },
    taps(x, use) {
      const inputs = toModelInputs(part, x, 'net.taps');
      const examples = inputs[0]?.shape[0] as number;
      const forward = (overrides: readonly Override[]): tf.Tensor => evaluate(inputs, overrides);
      return tf.tidy(() => {
        const {run, dispose} = recordTaps({layers, weights, forward}, examples);
        try {
          return use(run);
        } finally {
          dispose();
        }
      });
    },
    fingerprint: () => fingerprintModel(part),
  };
}

function checkModel(model: tfl.LayersModel, caller: string): tfl.LayersModel {
  const given = model as Partial<tfl.LayersModel> | null | undefined;
  if (!Array.isArray(given?.layers) || typeof given.apply !== 'function') {
    throw new ConfigError(
      `${caller}: expected a tf.LayersModel, got ${given?.constructor?.name ?? String(given)}. ` +
        'Load it with tf.loadLayersModel; of a tf.GraphModel, which has no layers, give lastLayer({model, features, kernel}).',
    );
  }
  if (model.outputs.length === 0) {
    throw new ConfigError(
      `${caller}: expected a model that is built, got one without layers. Add layers, the first with an inputShape.`,
    );
  }
  if (!model.built) build(model, caller);
  return model;
}

function build(model: tfl.LayersModel, caller: string): void {
  try {
    (model as tfl.Sequential).build();
  } catch (cause) {
    throw new ConfigError(
      `${caller}: expected a model that is built or can be, got '${model.name}', where tfjs says: ${String(cause)} ` +
        'Give the first layer an inputShape, or call model.build(inputShape) first.',
      {cause},
    );
  }
}

function layerOf(weight: tfl.LayerVariable, layers: readonly tfl.layers.Layer[]): string {
  return layers.find((layer) => layer.weights.includes(weight))?.name ?? weight.originalName;
}

function selectOutput(model: tfl.LayersModel, output: string | undefined, caller: string): tfl.LayersModel {
  const names = model.outputNames;
  const choices = `Choose output: ${names.map((name) => `'${name}'`).join(' or ')}.`;
  if (output === undefined) {
    if (model.outputs.length === 1) return model;
    throw new ConfigError(`${caller}: expected a model with one output, got ${names.length}. ${choices}`);
  }
  const chosen = model.outputs[names.indexOf(output)];
  if (chosen === undefined) {
    throw new ConfigError(`${caller}: expected output to name an output of the model, got '${output}'. ${choices}`);
  }
  return model.outputs.length === 1 ? model : tfl.model({inputs: model.inputs, outputs: chosen});
}
