import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {innerLayers} from '../../src/models/graph.ts';
import {LayerWrapper} from '../layer-wrapper.ts';

type Layer = tfl.layers.Layer;

/** A layer in a configuration: the name of its class, and what its constructor takes. */
export interface LayerSpec {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

/** Gives a leaf, see `rebuild`, another class or configuration, or leaves it; `path` are the layers around it. */
export type Convert = (layer: Layer, spec: LayerSpec, path: readonly Layer[]) => LayerSpec;

/** Gives a layer around others its class, when those inside have been converted. */
export type ConvertHost = (spec: LayerSpec) => LayerSpec;

/**
 * A new model of the same topology whose layers have been converted, and the layers of both in pairs: the leaves, which have
 * no layers inside, and the models around them. A `LayerWrapper` is a leaf: it has weights of its own and takes stock layers
 * alone. Weights are 0 until they are set.
 */
export function rebuild(
  model: tfl.LayersModel,
  convert: Convert,
  convertHost: ConvertHost,
): {model: tfl.LayersModel; pairs: readonly (readonly [Layer, Layer])[]} {
  const visit = (layer: Layer, spec: LayerSpec, path: readonly Layer[]): LayerSpec => {
    if (layer instanceof LayerWrapper) return convert(layer, spec, path);
    const inside = [...path, layer];
    const {
      layers,
      layer: wrapped,
      cell,
      cells,
    } = spec.config as Partial<Record<'layers' | 'cells', LayerSpec[]>> & Partial<Record<'layer' | 'cell', LayerSpec>>;
    const parts = layer as unknown as {layers?: Layer[]; cells?: Layer[]; layer?: Layer; cell?: Layer};
    const each = (specs: LayerSpec[], of: Layer[]): LayerSpec[] =>
      specs.map((one, i) => ({...one, ...visit(of[i] as Layer, one, inside)}));
    if (layers && parts.layers) return {...spec, config: {...spec.config, layers: each(layers, parts.layers)}};
    if (cells && parts.cells) return {...spec, config: {...spec.config, cells: each(cells, parts.cells)}};
    if (wrapped && parts.layer) {
      return convertHost({...spec, config: {...spec.config, layer: visit(parts.layer, wrapped, inside)}});
    }
    if (cell && parts.cell) {
      return convertHost({...spec, config: {...spec.config, cell: visit(parts.cell, cell, inside)}});
    }
    return convert(layer, spec, path);
  };
  const spec = visit(model as unknown as Layer, {className: model.getClassName(), config: configOf(model)}, []);
  const rebuilt = create(model, spec.config);
  if (!rebuilt.built && model.inputs.length === 1) rebuilt.build((model.inputs[0] as tfl.SymbolicTensor).shape);
  return {model: rebuilt, pairs: pairLayers(model as unknown as Layer, rebuilt as unknown as Layer)};
}

function configOf(model: tfl.LayersModel): Record<string, unknown> {
  return model.getConfig() as Record<string, unknown>;
}

/** A model of the same class, its weights not initialized: they are about to be set. */
function create(model: tfl.LayersModel, config: Record<string, unknown>): tfl.LayersModel {
  const modelClass = model.constructor as unknown as {
    fromConfig(
      cls: unknown,
      config: tf.serialization.ConfigDict,
      custom: object,
      withoutInit: boolean,
    ): tfl.LayersModel;
  };
  return modelClass.fromConfig(modelClass, config as tf.serialization.ConfigDict, {}, true);
}

function pairLayers(before: Layer, after: Layer): (readonly [Layer, Layer])[] {
  const [from, to] = [innerLayers(before), innerLayers(after)];
  if (from.length === 0 || before instanceof LayerWrapper) return [[before, after]];
  const isModel = 'inputs' in before && Array.isArray((before as {layers?: unknown}).layers);
  const inner = from.flatMap((one, i) => {
    const twin = isModel ? to.find(({name}) => name === one.name) : to[i];
    return pairLayers(one, twin as Layer);
  });
  return isModel ? [...inner, [before, after]] : inner;
}

/** Gives a leaf the weights of one of the same class. */
export function copyLeaf(before: Layer, after: Layer): void {
  if (!(before instanceof LayerWrapper)) {
    if (before.weights.length > 0) after.setWeights(before.getWeights());
    return;
  }
  // By name: which of the weights are frozen decides their order.
  for (const weight of after.weights) {
    weight.write((before.weights.find((one) => localName(one) === localName(weight)) as tfl.LayerVariable).read());
  }
}

/** The name of a weight in its layer. */
export function localName(weight: tfl.LayerVariable): string {
  return weight.originalName.split('/').at(-1) as string;
}
