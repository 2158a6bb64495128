import {checkPositive} from '../checks.ts';
import {type DeepEnsemble, ensembleOnVariations} from '../deep-ensemble.ts';
import type {DeepEnsembleOptions} from '../deep-ensemble-options.ts';

/** Options of {@link mixupMp}. */
export interface MixupMpOptions extends Omit<DeepEnsembleOptions, 'resample'> {
  /** How the ratio of two mixed examples is drawn: `Beta(alpha, alpha)`. Default 1, any ratio alike. */
  readonly alpha?: number;
  /** Weight r of pseudo-data against data. Default 1. Near 0 gives an ensemble on the data alone. */
  readonly concentration?: number;
}

/**
 * A deep ensemble whose members are each trained on other pseudo-data too: draws from a martingale posterior over data that
 * have not been seen, which mixup predicts (Wu and Williamson, 2024). Where the data say little, pseudo-data differ, and with
 * them the members.
 *
 *     loss = (sum_batch loss(x_i, y_i) + r sum_pseudo [a loss(x', y_j) + (1 - a) loss(x', y_k)]) / (B + r B)
 *     x' = a x_j + (1 - a) x_k,   a ~ Beta(alpha, alpha),   j, k uniform over all examples
 *
 * with as many pseudo-examples as examples in each batch, drawn anew; a step costs about twice a plain one. The loss must give
 * one value for each example, as those that tfjs knows by name do; inputs must be numbers.
 *
 * @param options those of `deepEnsemble`, `alpha` and `concentration`.
 * @throws ConfigError if `alpha` or `concentration` is no positive number, and for what `deepEnsemble` refuses.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {mixupMp} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const posterior = await mixupMp({
 *   create: () => {
 *     const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 *     model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 *     return model;
 *   },
 *   members: 3,
 * }).fit(tf.randomNormal([8, 3]), tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), {epochs: 2});
 * console.log(posterior.size); // 3
 * posterior.dispose();
 * ```
 */
export function mixupMp({alpha = 1, concentration = 1, ...options}: MixupMpOptions): DeepEnsemble {
  checkPositive(alpha, 'alpha', 'mixupMp');
  checkPositive(concentration, 'concentration', 'mixupMp');
  return ensembleOnVariations(options, {kind: 'mixup', alpha, concentration}, 'mixupMp');
}
