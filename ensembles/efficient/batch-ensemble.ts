import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {linearSettings} from '../../src/models/linear-wrapper.ts';
import {checkCount} from '../checks.ts';
import {activationName, biasOf, chooseLayers, kernelsOf} from './linear-layers.ts';
import {moveHead, rowEnds} from './member-ends.ts';
import {type FactorSpread, type FactorStart, MemberScale} from './member-scale.ts';
import {type LayerCall, rebuildGraph} from './rebuild-graph.ts';

/** Options of {@link batchEnsemble}. */
export interface BatchEnsembleOptions {
  /** Number M of members. */
  readonly members: number;
  /**
   * Where the factors start: `'ones'`, all members at the model that is given; `'signs'`, at random signs, for training from
   * scratch; a number, normal about 1 with that standard deviation. Default `'ones'`.
   */
  readonly start?: FactorStart;
  /** Names of the layers that get factors; the others are shared. Default all Dense layers and convolutions. */
  readonly layers?: readonly string[];
  /** Seed of the start and of noise. Default 0. */
  readonly seed?: number;
}

/** Options of {@link rankOneEnsemble}. */
export interface RankOneOptions extends BatchEnsembleOptions, FactorSpread {}

/**
 * Converts a model into a BatchEnsemble (Wen, Tran and Ba 2020): members that share every kernel, each with vectors of its own
 * around it.
 *
 *     member m:   y = activation(((x * r_m) W) * s_m + b_m),   that is with the kernel W * (r_m s_m^T)
 *
 * The result is a plain model. In training row j of a batch belongs to member j mod M, so that a step costs what one net's costs
 * and the loss is the mean of the members' losses; to give each member as many rows as one net saw, pass `fit` M times the batch
 * size. `predict`, `evaluate` and metrics use the mean of the members' predictions; {@link memberPosterior} tells them apart. With
 * `start: 'ones'` it predicts at first what `model` predicts, whose weights are copied; the members part as they see different
 * rows. `model` is not changed. Other layers are shared, BatchNormalization with its statistics too. Dense layers and convolutions inside
 * of TimeDistributed, `concreteDropout` and `dropConnect` get factors too, around the wrapper, whose rate all members share and train.
 *
 * @param model A built model with one output; Sequential or functional, models inside are opened.
 * @param options.members Number M of members.
 * @param options.start Where the factors start. Default `'ones'`.
 * @param options.layers Names of the layers that get factors. Default all Dense layers and convolutions.
 * @param options.seed Seed of the start. Default 0.
 * @throws ConfigError for a model or options that it cannot use.
 * @throws UnsupportedLayerError for layers with weights that it does not know, unless `layers` are named.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {batchEnsemble, memberPosterior} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, activation: 'tanh', inputShape: [2]}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const model = batchEnsemble(net, {members: 4, start: 'signs'});
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([16, 2]), tf.zeros([16]), {verbose: 0});
 * const predictive = await memberPosterior(model).predict(tf.ones([5, 2]));
 * console.log(net.countParams(), model.countParams()); // 51 176
 * predictive.dispose();
 * ```
 */
export function batchEnsemble(model: tfl.LayersModel, options: BatchEnsembleOptions): tfl.LayersModel {
  return withFactors(model, options, undefined, 'batchEnsemble');
}

/**
 * Converts a model into a rank-1 Bayesian net (Dusenberry et al. 2020): a BatchEnsemble whose vectors are Gaussian.
 *
 *     r_m ~ N(mean, sd^2) per input, s_m alike per output;   loss = mean NLL + klWeight / M sum_m KL(q_m || N(1, priorScale^2)) / trainSize
 *
 * which bounds the evidence for a posterior that is a mixture of M Gaussians. The kernels and biases are points. Otherwise as
 * {@link batchEnsemble}: `predict` uses the factors' means, {@link memberPosterior} draws them. A layer that is called several times
 * in a pass draws at each call.
 *
 * @param model A built model with one output.
 * @param options.members Number M of members.
 * @param options.trainSize Number of training examples.
 * @param options.priorScale Standard deviation of the prior of each factor. Default 0.1.
 * @param options.initialScale Standard deviation that each factor starts with. Default 0.05.
 * @param options.klWeight Factor of the KL divergence. Default 1.
 * @param options.start Where the means of the factors start. Default `'ones'`.
 * @param options.layers Names of the layers that get factors. Default all Dense layers and convolutions.
 * @param options.seed Seed of the start and of the noise. Default 0.
 * @throws ConfigError for a model or options that it cannot use.
 * @throws UnsupportedLayerError for layers with weights that it does not know, unless `layers` are named.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {memberPosterior, rankOneEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
 * const model = rankOneEnsemble(net, {members: 2, trainSize: 16});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await model.fit(tf.randomNormal([16, 2]), tf.zeros([16, 1]), {verbose: 0});
 * const posterior = memberPosterior(model, {likelihood: 'gaussian', noiseScale: 0.1, samples: 20});
 * const predictive = await posterior.predict(tf.ones([5, 2]));
 * console.log(predictive.kind); // 'mixture'
 * predictive.dispose();
 * ```
 */
export function rankOneEnsemble(model: tfl.LayersModel, options: RankOneOptions): tfl.LayersModel {
  const {trainSize, priorScale, initialScale, klWeight, ...rest} = options;
  const spread = {
    trainSize,
    ...(priorScale !== undefined && {priorScale}),
    ...(initialScale !== undefined && {initialScale}),
    ...(klWeight !== undefined && {klWeight}),
  };
  return withFactors(model, rest, spread, 'rankOneEnsemble');
}

function withFactors(
  model: tfl.LayersModel,
  {members, start = 'ones', layers, seed = 0}: BatchEnsembleOptions,
  spread: FactorSpread | undefined,
  caller: string,
): tfl.LayersModel {
  checkCount(members, 'members', 1, caller);
  if (!Number.isFinite(seed)) throw new ConfigError(`${caller}: expected seed to be a number, got ${seed}. Pass 0.`);
  const head = moveHead(model, caller);
  const chosen = chooseLayers(model, layers, caller);
  const settings = {members, start, seed, ...(spread && {spread})};
  const surround = ({layer, inputs, copy, put}: LayerCall): readonly tfl.SymbolicTensor[] => {
    const bias = biasOf(layer);
    const scaled = put('inputs', inputs, (name) => new MemberScale({...settings, name}));
    const plain = linearSettings(layer, {useBias: false, activation: 'linear'});
    const [product] = copy([scaled], plain, (twin) => twin.setWeights(kernelsOf(layer)));
    const activation = head.isHead(layer) ? 'linear' : activationName(layer);
    const useBias = bias !== undefined;
    return [
      put(
        'outputs',
        product as tfl.SymbolicTensor,
        (name) => new MemberScale({...settings, useBias, activation, name}),
        (made) => startBias(made as MemberScale, bias),
      ),
    ];
  };
  return rebuildGraph(model, {
    ...rowEnds(members, head),
    replace: (call) => (chosen.has(call.layer) ? surround(call) : head.keep(call)),
  });
}

/** Gives every member the bias of the old layer. */
function startBias({bias, members}: MemberScale, old: tfl.LayerVariable | undefined): void {
  if (bias && old) bias.write(tf.tile(tf.expandDims(old.read(), 0), [members, 1]));
}
