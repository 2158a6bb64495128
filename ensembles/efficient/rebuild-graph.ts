import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {isContainer} from '../../src/models/graph.ts';

type Layer = tfl.layers.Layer;

/** One call of a layer in the old model, with the tensors that go into it in the new one. */
export interface LayerCall {
  /** The old layer. */
  readonly layer: Layer;
  /** What goes into it now. */
  readonly inputs: readonly tfl.SymbolicTensor[];
  /** Calls the layer's copy, which has its weights, or a copy with other settings, which `start` gives its weights. */
  copy(
    inputs?: readonly tfl.SymbolicTensor[],
    settings?: tf.serialization.ConfigDict,
    start?: (copy: Layer) => void,
  ): tfl.SymbolicTensor[];
  /** Calls the layer that takes this one's place under that name, made once for all calls. */
  put(
    role: string,
    inputs: tfl.SymbolicTensor | readonly tfl.SymbolicTensor[],
    make: (name: string) => Layer,
    start?: (made: Layer) => void,
  ): tfl.SymbolicTensor;
}

/** What takes the place of a call of a layer. */
export type ReplaceCall = (call: LayerCall) => readonly tfl.SymbolicTensor[];

/** How a graph changes. */
export interface GraphChange {
  /** What goes into the layers instead of an input. */
  enter(input: tfl.SymbolicTensor): tfl.SymbolicTensor;
  /** What takes the place of a call of a layer. */
  readonly replace: ReplaceCall;
  /** What comes out instead of the last layer's output. */
  leave(output: tfl.SymbolicTensor, inputs: readonly tfl.SymbolicTensor[]): tfl.SymbolicTensor;
}

/** The layers that {@link rebuildGraph} replaces the calls of, each once: models inside are opened, but not those at each time step. */
export function calledLayers(model: Pick<tfl.LayersModel, 'layers'>): Layer[] {
  return [...new Set(model.layers.flatMap((layer) => (isContainer(layer) ? calledLayers(layer) : [layer])))];
}

/** A new model of the same graph, models inside it opened, in which every call of a layer has been replaced. */
export function rebuildGraph(model: tfl.LayersModel, {enter, replace, leave}: GraphChange): tfl.LayersModel {
  const made = new Map<string, Layer>();
  const names = new Set<string>();
  const numbers = new Map<Layer, number>();
  const remembered = (layer: Layer, role: string, make: (name: string) => Layer): Layer => {
    if (!numbers.has(layer)) numbers.set(layer, numbers.size);
    const key = `${numbers.get(layer)}/${role}`;
    const known = made.get(key);
    if (known) return known;
    const fresh = make(freshName(role ? `${layer.name}_${role}` : layer.name, names));
    made.set(key, fresh);
    return fresh;
  };
  const walk = (container: tfl.LayersModel, inputs: readonly tfl.SymbolicTensor[], frozen: boolean) => {
    const known = new Map(container.inputs.map((tensor, i) => [tensor.id, inputs[i] as tfl.SymbolicTensor]));
    const depths = Object.keys(container.nodesByDepth).map(Number);
    for (const depth of depths.sort((a, b) => b - a)) {
      for (const node of container.nodesByDepth[depth] ?? []) {
        const layer = node.outboundLayer;
        if (layer.getClassName() === 'InputLayer') continue;
        const given = node.inputTensors.map(({id}) => known.get(id) as tfl.SymbolicTensor);
        const freeze = frozen || !layer.trainable;
        const outputs = isContainer(layer)
          ? walk(layer as unknown as tfl.LayersModel, given, freeze)
          : replace(callOf(layer, given, freeze, node.callArgs));
        for (const [i, tensor] of node.outputTensors.entries()) known.set(tensor.id, outputs[i] as tfl.SymbolicTensor);
      }
    }
    return container.outputs.map(({id}) => known.get(id) as tfl.SymbolicTensor);
  };
  const callOf = (
    layer: Layer,
    inputs: readonly tfl.SymbolicTensor[],
    frozen: boolean,
    kwargs: object = {},
  ): LayerCall => ({
    layer,
    inputs,
    copy(given = inputs, settings = {}, start = (copy) => copy.setWeights(layer.getWeights())) {
      const twin = remembered(layer, '', (name) => copyLayer(layer, {...settings, name}));
      if (frozen) twin.trainable = false;
      return listOf(callOnce(twin, given.length === 1 ? (given[0] as tfl.SymbolicTensor) : [...given], kwargs, start));
    },
    put(role, given, make, start) {
      const layerThere = remembered(layer, role, make);
      const arg = Array.isArray(given) ? [...given] : (given as tfl.SymbolicTensor);
      return listOf(callOnce(layerThere, arg, {}, start))[0] as tfl.SymbolicTensor;
    },
  });
  const inputs = model.inputs.map((tensor) => {
    const name = freshName(tensor.sourceLayer.name, names);
    return tfl.input({batchShape: tensor.shape, dtype: tensor.dtype, name});
  });
  const [output] = walk(model, inputs.map(enter), !model.trainable) as [tfl.SymbolicTensor];
  return tfl.model({inputs, outputs: leave(output, inputs), name: model.name});
}

/** Calls a layer; the first call of a layer with weights, which builds it, is followed by `start`. */
function callOnce(
  layer: Layer,
  inputs: tfl.SymbolicTensor | tfl.SymbolicTensor[],
  kwargs: object,
  start?: (layer: Layer) => void,
): tfl.SymbolicTensor | tfl.SymbolicTensor[] {
  const first = !layer.built;
  const outputs = layer.apply(inputs, kwargs as tf.serialization.ConfigDict) as
    | tfl.SymbolicTensor
    | tfl.SymbolicTensor[];
  if (first && layer.weights.length > 0) tf.tidy(() => start?.(layer));
  return outputs;
}

function copyLayer(layer: Layer, settings: tf.serialization.ConfigDict): Layer {
  const {batchInputShape: _, ...config} = layer.getConfig();
  const layerClass = layer.constructor as unknown as {
    fromConfig(cls: unknown, config: tf.serialization.ConfigDict): Layer;
  };
  return layerClass.fromConfig(layerClass, {...config, ...settings});
}

function listOf(outputs: tfl.SymbolicTensor | tfl.SymbolicTensor[]): tfl.SymbolicTensor[] {
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The name, or where it is taken, with a number behind it. */
function freshName(name: string, taken: Set<string>): string {
  const free = taken.has(name) ? `${name}_${taken.size}` : name;
  taken.add(free);
  return free;
}
