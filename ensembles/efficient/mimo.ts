import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {normalTensor} from '../../src/backend/index.ts';
import {UnsupportedLayerError} from '../../src/errors.ts';
import {createNet} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCount} from '../checks.ts';
import {checkLinear, kernelsOf, type LinearLayer} from './linear-layers.ts';
import {moveHead} from './member-ends.ts';
import {flattenPacked, keepsChannelsApart, packedEnds} from './pack-ends.ts';
import {type LayerCall, rebuildGraph} from './rebuild-graph.ts';

/** Options of {@link mimo}. */
export interface MimoOptions {
  /** Number M of members: of inputs and heads. */
  readonly members: number;
  /** Where the first and last kernels start: at random, or from the given ones, `'same'`. Default `'random'`. */
  readonly start?: 'random' | 'same';
  /** Seed of the start. Default 0. */
  readonly seed?: number;
}

const FIRST = ['Dense', 'Conv1D', 'Conv2D'];

/**
 * Converts a net into a multi-input multi-output net (MIMO; Havasi et al. 2021): M inputs side by side enter one net, which has a
 * head for each; the members are independent paths through it.
 *
 *     training:   f_1 ... f_M = net(x_1, ..., x_M), M rows of the batch, each head trained on its own row's target
 *     inference:  f_1 ... f_M = net(x, ..., x)
 *
 * A step sees M rows at once, and costs less than one net's on the same batch. `fit` has to shuffle, as it does by default, so that
 * rows meet by chance; the paper's repetition of batches is more epochs here, its repetition of inputs is not offered.
 * `predict` and {@link memberPosterior} are as in {@link batchEnsemble}. The layers in the middle are copied with their weights.
 * With `start: 'same'` so are the others, the first kernel M times by 1 / M and the last once for each head, and the model
 * predicts at first what `model` predicts. A net needs room for several paths: take a wide one.
 *
 * @param model A built model that ends in a Dense layer and begins with Dense, Conv1D or Conv2D layers, behind layers at most that
 * treat each channel by itself.
 * @param options How many members, and how they start.
 * @param options.members Number M of members.
 * @param options.start Where the first and last kernels start. Default `'random'`.
 * @param options.seed Seed of the start. Default 0.
 * @throws ConfigError for a model or options that it cannot use.
 * @throws UnsupportedLayerError for another layer before the first Dense layer or convolution.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {memberPosterior, mimo} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 32, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const model = mimo(net, {members: 3});
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([16, 2]), tf.zeros([16]), {verbose: 0});
 * const predictive = await memberPosterior(model).predict(tf.ones([5, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function mimo(model: tfl.LayersModel, {members, start = 'random', seed = 0}: MimoOptions): tfl.LayersModel {
  checkCount(members, 'members', 1, 'mimo');
  const head = moveHead(model, 'mimo');
  const last = createNet(model, {caller: 'mimo'}).lastLayer.layer;
  const packed = new Set<number>();
  const widen = (call: LayerCall, isFirst: boolean): readonly tfl.SymbolicTensor[] => {
    const {layer} = call;
    const isLast = layer === last;
    checkLinear(layer, 'mimo');
    const {units, filters} = layer.getConfig() as {units?: number; filters?: number};
    const wider = units === undefined ? {filters: (filters as number) * members} : {units: units * members};
    const settings = {...(isLast && wider), ...(head.isHead(layer) && {activation: 'linear'})};
    const times = {inputs: isFirst ? members : 1, outputs: isLast ? members : 1};
    const rng = start === 'random' ? createRng(seed).fork(layer.name) : undefined;
    return call.copy(undefined, settings, (twin) => startWidened(twin, layer as LinearLayer, times, rng));
  };
  return rebuildGraph(model, {
    ...packedEnds(members, head, ({id}) => packed.add(id)),
    replace(call) {
      const {layer, inputs} = call;
      const isPacked = inputs.some(({id}) => packed.has(id));
      if (layer === last || (isPacked && FIRST.includes(layer.getClassName()))) return widen(call, isPacked);
      if (!isPacked) return head.keep(call);
      if (layer.getClassName() !== 'Flatten') {
        checkApart(
          layer,
          inputs.every(({id}) => packed.has(id)),
        );
      }
      const outputs = [beforeFirst(call, members)];
      for (const {id} of outputs) packed.add(id);
      return outputs;
    },
  });
}

/** A layer before the first kernel, for the channels of all members. */
function beforeFirst(call: LayerCall, members: number): tfl.SymbolicTensor {
  if (call.layer.getClassName() === 'Flatten') return flattenPacked(call, members);
  const [output] = call.copy(undefined, {}, (twin) =>
    twin.setWeights(call.layer.getWeights().map((weight) => tf.tile(weight, [members]))),
  );
  return output as tfl.SymbolicTensor;
}

/** Throws `UnsupportedLayerError` unless the layer keeps the members' channels apart. */
function checkApart(layer: tfl.layers.Layer, allPacked: boolean): void {
  if (allPacked && keepsChannelsApart(layer)) return;
  throw new UnsupportedLayerError(
    `mimo: expected Dense, Conv1D or Conv2D layers first, behind layers at most that treat each channel by itself, got ` +
      `'${layer.name}' (${layer.getClassName()}). Build it with packMembers and unpackMembers.`,
    layer.name,
    layer.getClassName(),
  );
}

/** Gives a layer that has become wider the old weights, as often as it needs them; or random kernels of the variance of `glorotNormal`. */
function startWidened(
  twin: tfl.layers.Layer,
  layer: LinearLayer,
  times: {readonly inputs: number; readonly outputs: number},
  rng: Rng | undefined,
): void {
  const [old] = kernelsOf(layer) as [tf.Tensor];
  const {rank} = old;
  const reps = old.shape.map((_, axis) => (axis === rank - 2 ? times.inputs : axis === rank - 1 ? times.outputs : 1));
  const shape = old.shape.map((size, axis) => size * (reps[axis] as number));
  const fans = tf.util.sizeFromShape(shape.slice(0, -2)) * ((shape.at(-2) as number) + (old.shape.at(-1) as number));
  const kernel = rng
    ? tf.mul(normalTensor(rng, shape as never) as tf.Tensor, Math.sqrt(2 / fans))
    : tf.div(tf.tile(old, reps), times.inputs);
  twin.setWeights([kernel, ...(layer.bias ? [tf.tile(layer.bias.read(), [times.outputs])] : [])]);
}
