import {ConfigError} from '../../src/errors.ts';
import type {Net} from '../../src/models/index.ts';
import type {NetNoise} from '../../src/posterior/index.ts';
import type {NoisyCall} from '../../src/posterior/net-noise.ts';
import {innermostLayers, ownNoise} from '../noise/noisy-layer.ts';
import {recurrentDropout} from './recurrent-dropout.ts';
import {stockDropout} from './stock-dropout.ts';

/** Name of the noise in files, and in messages of the method that averages over it alone. */
export const MC_DROPOUT = 'mcDropout';

/** Options of {@link dropoutMasks}. */
export interface DropoutMasksOptions {
  /**
   * Whether all inputs share the masks of a draw, so that each draw is one function, as Thompson sampling and joint predictions
   * need. Default false: each input has masks of its own, which averages better over the same number of draws.
   */
  readonly fixedMasks?: boolean;
}

/**
 * The masks of a net's dropout, for a posterior of members that averages over them too: a batch ensemble with concrete dropout (of
 * VIB-DeepSSM; Adams and Elhabian 2023).
 *
 *     p(y | x) = 1/(M S) sum_m sum_s p(y | f_m(x; mask_s))
 *
 * The layers that are on are those of `mcDropout`, which averages over masks alone. Each input has masks of its own in each member;
 * with `fixedMasks` all inputs and members share those of a draw.
 *
 * @param options Whether inputs share masks.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {batchEnsemble, memberPosterior} from 'tfjs-bayes/ensembles';
 * import {concreteDropout, dropoutMasks} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const first = tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]});
 * const last = concreteDropout({layer: tfl.layers.dense({units: 3, activation: 'softmax'}), trainSize: 32});
 * const model = batchEnsemble(tfl.sequential({layers: [first, last]}), {members: 4, start: 'signs'});
 * model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy'});
 * await model.fit(tf.randomNormal([32, 2]), tf.zeros([32]), {verbose: 0}); // factors, kernels and the rate together
 * const posterior = memberPosterior(model, {masks: dropoutMasks(), samples: 20});
 * const predictive = await posterior.predict(tf.ones([5, 2]), {keepMembers: true});
 * console.log(predictive.kind === 'categorical' && predictive.memberProbs?.shape); // [20, 5, 3]: 5 masks of each member
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function dropoutMasks({fixedMasks = false}: DropoutMasksOptions = {}): NetNoise {
  return {name: MC_DROPOUT, shared: fixedMasks, find: findDropout};
}

/** The layers of a net that drop something. Throws `ConfigError` where there is none. */
export function findDropout({model}: Net, caller: string): NoisyCall[] {
  const found = innermostLayers(model).flatMap(
    (layer) => ownNoise(layer, 'dropout') ?? stockDropout(layer) ?? recurrentDropout(layer) ?? [],
  );
  if (found.length > 0) return found;
  throw new ConfigError(
    `${caller}: expected a model with dropout between 0 and 1, got none in its ${model.layers.length} layers. ` +
      'Train one with tf.layers.dropout, or use laplace(model), which needs none.',
  );
}
