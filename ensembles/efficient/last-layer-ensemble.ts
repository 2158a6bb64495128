import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {leafLayers, unwrapTimeDistributed} from '../../src/models/graph.ts';
import {createNet} from '../../src/models/index.ts';
import {checkCount} from '../checks.ts';
import {checkLinear, checkPlainKernel} from './linear-layers.ts';
import {MeanOfMembers} from './mean-of-members.ts';
import {moveHead} from './member-ends.ts';
import {MemberHeads} from './member-heads.ts';
import {rebuildGraph} from './rebuild-graph.ts';

/** Options of {@link lastLayerEnsemble}. */
export interface LastLayerEnsembleOptions {
  /** Number M of heads. */
  readonly members: number;
  /** Where the heads start: at random, or all where the old last layer is, `'same'`. Default `'random'`. */
  readonly start?: 'random' | 'same';
  /** Whether everything before the heads stays as it is; not with BatchNormalization. Default false. */
  readonly freeze?: boolean;
  /** Seed of the start. Default 0. */
  readonly seed?: number;
}

/**
 * Converts a model into several last layers on one trunk (Lee et al. 2015): the cheapest of ensembles, also on a net that is
 * trained and stays as it is (`freeze`).
 *
 * In training row j of a batch goes through head j mod M; `fit`, `predict` and {@link memberPosterior} are as in
 * {@link batchEnsemble}. Heads that start at random disagree where the data do not say; with `start: 'same'` the model predicts at
 * first what `model` predicts, but heads on a frozen trunk then hardly part. Train before use unless they start the same.
 *
 * @param model A built model that ends in a Dense layer.
 * @param options How many heads, and how they start.
 * @param options.members Number M of heads.
 * @param options.start Where the heads start. Default `'random'`.
 * @param options.freeze Whether the trunk is frozen. Default false.
 * @param options.seed Seed of the start. Default 0.
 * @throws ConfigError for options that it cannot use, a model that ends otherwise, or BatchNormalization in a trunk to freeze.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {lastLayerEnsemble, memberPosterior} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const trained = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const model = lastLayerEnsemble(trained, {members: 5, freeze: true});
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([20, 2]), tf.zeros([20]), {verbose: 0});
 * const predictive = await memberPosterior(model).predict(tf.ones([4, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function lastLayerEnsemble(
  model: tfl.LayersModel,
  {members, start = 'random', freeze = false, seed = 0}: LastLayerEnsembleOptions,
): tfl.LayersModel {
  const caller = 'lastLayerEnsemble';
  checkCount(members, 'members', 1, caller);
  const head = moveHead(model, caller);
  const {layer: last, kernel, bias, outputs: units} = createNet(model, {caller}).lastLayer;
  checkLinear(last, caller);
  checkPlainKernel(last, caller);
  if (freeze) checkFreezes(model, caller);
  const startSame = (heads: tfl.layers.Layer): void => {
    const flat = tf.reshape(kernel.read(), [-1, units]);
    heads.setWeights([tf.tile(flat, [1, members]), ...(bias ? [tf.tile(bias.read(), [members])] : [])]);
  };
  const converted = rebuildGraph(model, {
    enter: (input) => input,
    replace: (call) =>
      unwrapTimeDistributed(call.layer) === last
        ? [
            call.put(
              'heads',
              call.inputs,
              (name) => new MemberHeads({members, units, useBias: bias !== undefined, seed, name}),
              start === 'same' ? startSame : undefined,
            ),
          ]
        : head.keep(call),
    leave: (output) =>
      new MeanOfMembers({members, activation: head.activation, name: 'mean_of_members'}).apply(
        output,
      ) as tfl.SymbolicTensor,
  });
  if (freeze) for (const layer of converted.layers) layer.trainable &&= layer instanceof MemberHeads;
  return converted;
}

/** Throws where tfjs would change the trunk in training, `trainable` or not. */
function checkFreezes(model: tfl.LayersModel, caller: string): void {
  const moving = leafLayers(model).find((layer) => layer.getClassName() === 'BatchNormalization');
  if (!moving) return;
  throw new ConfigError(
    `${caller}: expected a trunk without BatchNormalization to freeze, got '${moving.name}', whose statistics tfjs changes in ` +
      "training all the same. Train the heads on the trunk's outputs, or leave freeze out.",
  );
}
