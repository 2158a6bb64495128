import type * as tfl from '@tensorflow/tfjs-layers';
import {innerLayers} from '../../src/models/graph.ts';
import type {VariationalLayer} from './layer.ts';
import {VariationalWeights} from './variational-weights.ts';

/** All layers and recurrent cells with a posterior in and among these, each once, in the order of the model. */
export function findVariational(layers: readonly tfl.layers.Layer[]): VariationalLayer[] {
  const found = new Set<VariationalLayer>();
  const visit = (layer: tfl.layers.Layer): void => {
    if (isVariational(layer)) found.add(layer);
    innerLayers(layer).forEach(visit);
  };
  layers.forEach(visit);
  return [...found];
}

function isVariational(layer: tfl.layers.Layer): layer is VariationalLayer {
  return (layer as Partial<VariationalLayer>).q instanceof VariationalWeights;
}
