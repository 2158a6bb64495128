import type * as tfl from '@tensorflow/tfjs-layers';
import {leafLayers} from '../../src/models/graph.ts';
import {checkCount} from '../checks.ts';
import {chooseLayers, isLinear} from './linear-layers.ts';
import {moveHead, rowEnds} from './member-ends.ts';
import {MemberMask} from './member-mask.ts';
import {type LayerCall, rebuildGraph} from './rebuild-graph.ts';

/** Options of {@link masksembles}. */
export interface MasksemblesOptions {
  /** Number M of members. */
  readonly members: number;
  /** How little the masks overlap, from 1, where all are the same. Default 2. */
  readonly scale?: number;
  /** Names of the layers whose inputs are masked. Default: see {@link masksembles}. */
  readonly layers?: readonly string[];
  /** Seed of the masks. Default 0. */
  readonly seed?: number;
}

/** Layers that masks take the place of. */
const DROPOUT = /^(Dropout|SpatialDropout1D)$/;

/**
 * Converts a model into Masksembles (Durasov et al. 2021): members that share all weights, each with channels of its own that it
 * keeps, by fixed masks.
 *
 * Masks take the place of the model's Dropout layers; without any, or where `layers` are named, they stand before the layers named
 * or before every Dense layer and convolution but the first. The weights are copied, but the predictions change until the model is
 * trained, because the masks leave channels out. Rows, `fit`, `predict` and {@link memberPosterior} are as in {@link batchEnsemble};
 * see {@link memberMask} for the masks.
 *
 * @param model A built model with one output.
 * @param options How many members, and which masks.
 * @param options.members Number M of members.
 * @param options.scale How little the masks overlap, from 1. Default 2.
 * @param options.layers Names of the layers whose inputs are masked.
 * @param options.seed Seed of the masks. Default 0.
 * @throws ConfigError for a model or options that it cannot use, or layers with too few channels for such masks.
 * @throws UnsupportedLayerError for layers with weights that it does not know, unless `layers` are named.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {masksembles, memberPosterior} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 32, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dropout({rate: 0.5}), // becomes masks
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const model = masksembles(net, {members: 4});
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([16, 2]), tf.zeros([16]), {verbose: 0});
 * const predictive = await memberPosterior(model).predict(tf.ones([5, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function masksembles(
  model: tfl.LayersModel,
  {members, scale = 2, layers, seed = 0}: MasksemblesOptions,
): tfl.LayersModel {
  checkCount(members, 'members', 1, 'masksembles');
  const head = moveHead(model, 'masksembles');
  const chosen = chooseLayers(model, layers, 'masksembles');
  const replacesDropout = layers === undefined && leafLayers(model).some((layer) => DROPOUT.test(layer.getClassName()));
  const hidden = new Set<number>();
  const mask = ({inputs, put}: LayerCall): tfl.SymbolicTensor =>
    put('mask', inputs, (name) => new MemberMask({members, scale, seed, name}));
  const replace = (call: LayerCall): readonly tfl.SymbolicTensor[] => {
    const {layer, inputs} = call;
    if (replacesDropout) return DROPOUT.test(layer.getClassName()) ? [mask(call)] : head.keep(call);
    const wanted = chosen.has(layer) && (layers !== undefined || inputs.some(({id}) => hidden.has(id)));
    return head.keep(wanted ? {...call, copy: (_, ...rest) => call.copy([mask(call)], ...rest)} : call);
  };
  return rebuildGraph(model, {
    ...rowEnds(members, head),
    replace(call) {
      const outputs = replace(call);
      if (isLinear(call.layer) || call.inputs.some(({id}) => hidden.has(id)))
        for (const {id} of outputs) hidden.add(id);
      return outputs;
    },
  });
}
