import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {UnsupportedLayerError} from '../../src/errors.ts';
import {createNet} from '../../src/models/index.ts';
import {checkCount, checkPositive} from '../checks.ts';
import {activationName, checkLinear, checkPlainKernel, kernelsOf, type LinearLayer} from './linear-layers.ts';
import {type MovedHead, moveHead} from './member-ends.ts';
import {flattenPacked, keepsChannelsApart, packedEnds} from './pack-ends.ts';
import {PackedConv, PackedDense} from './packed-layers.ts';
import {type LayerCall, rebuildGraph} from './rebuild-graph.ts';

/** Options of {@link packedEnsemble}. */
export interface PackedEnsembleOptions {
  /** Number M of members. */
  readonly members: number;
  /** How wide all members together are, relative to the net: each layer of a member has alpha / M times its width. Default 2. */
  readonly alpha?: number;
  /** Seed of the start. Default 0. */
  readonly seed?: number;
}

const CONVOLUTIONS = ['Conv1D', 'Conv2D'];

/**
 * Converts a net into a packed ensemble (Laurent et al. 2023): M narrow nets side by side in one, each of `alpha / M` the width,
 * with grouped products, so that all are trained and evaluated at once.
 *
 * Only the layout of `model` is taken: the members are narrower, and start at random. With `alpha` equal to `members` each is as
 * wide as `model`, and starts at its weights. In training row j of a batch belongs to member j mod M, where the paper gives every
 * row to every member: pass `fit` M times the batch size for the same. `predict` and {@link memberPosterior} are as in
 * {@link batchEnsemble}. Inputs and last layers keep their sizes.
 *
 * Dense, Conv1D and Conv2D become {@link packedDense} and {@link packedConv}; Flatten, pooling, dropout, BatchNormalization (each
 * member with statistics of its own), element-wise activations and merges stay.
 *
 * @param model A built model that ends in a Dense layer.
 * @param options How many members, how wide, and how they start.
 * @param options.members Number M of members.
 * @param options.alpha Width of all members relative to the net. Default 2.
 * @param options.seed Seed of the start. Default 0.
 * @throws ConfigError for a model or options that it cannot use.
 * @throws UnsupportedLayerError for any other layer.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {memberPosterior, packedEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 16, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const model = packedEnsemble(net, {members: 4, alpha: 2}); // four nets with 8 hidden units
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([16, 2]), tf.zeros([16]), {verbose: 0});
 * const predictive = await memberPosterior(model).predict(tf.ones([5, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function packedEnsemble(
  model: tfl.LayersModel,
  {members, alpha = 2, seed = 0}: PackedEnsembleOptions,
): tfl.LayersModel {
  const caller = 'packedEnsemble';
  checkCount(members, 'members', 1, caller);
  checkPositive(alpha, 'alpha', caller);
  const head = moveHead(model, caller);
  const last = createNet(model, {caller}).lastLayer.layer;
  const width = (layer: tfl.layers.Layer, size: number): number =>
    layer === last ? size : Math.max(1, Math.round((alpha * size) / members));
  return rebuildGraph(model, {
    ...packedEnds(members, head),
    replace(call) {
      const {layer} = call;
      const kind = layer.getClassName();
      if (kind === 'Dense' || CONVOLUTIONS.includes(kind)) return [grouped(call, head, {members, seed, width})];
      if (kind === 'Flatten') return [flattenPacked(call, members)];
      if (head.isHead(layer) && layer.weights.length === 0) return head.keep(call);
      if (keepsChannelsApart(layer)) return call.copy(undefined, {}, (twin) => startEach(twin, layer, members));
      throw new UnsupportedLayerError(
        `${caller}: expected Dense, Conv1D, Conv2D, Flatten and layers that treat each channel by itself, got ` +
          `'${layer.name}' (${kind}). Build it with packMembers, packedDense and unpackMembers, or take batchEnsemble.`,
        layer.name,
        kind,
      );
    },
  });
}

/** What the configurations of Dense layers and convolutions hold; of the one kind or the other. */
interface StockConfig {
  readonly units: number;
  readonly filters: number;
  readonly kernelSize: number | number[];
  readonly strides: number | number[];
  readonly dilationRate: number | number[];
  readonly padding: 'valid' | 'same';
}

interface Grouping {
  readonly members: number;
  readonly seed: number;
  readonly width: (layer: tfl.layers.Layer, size: number) => number;
}

/** A Dense layer or convolution for each member. */
function grouped(
  {layer, inputs, put}: LayerCall,
  head: MovedHead,
  {members, seed, width}: Grouping,
): tfl.SymbolicTensor {
  checkLinear(layer, 'packedEnsemble');
  checkPlainKernel(layer, 'packedEnsemble');
  const linear = layer as LinearLayer;
  const config = layer.getConfig() as unknown as StockConfig;
  const shared = {
    members,
    seed,
    useBias: linear.bias != null,
    activation: head.isHead(layer) ? 'linear' : activationName(layer),
  };
  const make = (name: string): tfl.layers.Layer => {
    if (layer.getClassName() === 'Dense') {
      return new PackedDense({...shared, name, units: width(layer, config.units)});
    }
    const {kernelSize, strides, padding, dilationRate} = config;
    const window = {
      kernelSize: listOf(kernelSize),
      strides: listOf(strides),
      dilationRate: listOf(dilationRate),
      padding,
    };
    return new PackedConv({...shared, ...window, name, filters: width(layer, config.filters)});
  };
  return put('packed', inputs, make, (made) => startEach(made, linear, members));
}

/** Starts each member at the layer's weights, where they have the same shape; else they stay as they are. */
function startEach(made: tfl.layers.Layer, layer: LinearLayer, members: number): void {
  const isGrouped = made instanceof PackedDense || made instanceof PackedConv;
  const weights = isGrouped
    ? [...kernelsOf(layer), ...(layer.bias ? [layer.bias.read()] : [])].map((weight) =>
        tf.stack(Array(members).fill(weight)),
      )
    : layer.getWeights().map((weight) => tf.tile(weight, [members]));
  const fits = made.weights.every(({shape}, i) => shape.join() === weights[i]?.shape.join());
  if (fits) made.setWeights(weights);
}

function listOf(value: number | readonly number[]): number[] {
  return typeof value === 'number' ? [value] : [...value];
}
