import type * as tfl from '@tensorflow/tfjs-layers';
import {innerLayers} from '../models/graph.ts';

/** A layer whose noise in training goes on from a state, which belongs to a checkpoint. */
export interface NoisyTraining {
  /** Where the noise stands; set, it goes on from there. */
  noiseState: Int32Array;
}

/** The layers of a model that have noise of their own, in its order, also those inside of others. */
export function noisyLayers(model: tfl.LayersModel): NoisyTraining[] {
  const found = new Set<tfl.layers.Layer>();
  const visit = (layer: tfl.layers.Layer): void => {
    found.add(layer);
    innerLayers(layer).forEach(visit);
  };
  model.layers.forEach(visit);
  return [...found].filter((layer) => 'noiseState' in layer) as unknown as NoisyTraining[];
}
