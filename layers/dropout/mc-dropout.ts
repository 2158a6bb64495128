import type * as tfl from '@tensorflow/tfjs-layers';
import {createNoisePosterior, type NoiseOptions} from '../noise/create-noise-posterior.ts';
import type {NoisePosterior} from '../noise/noise-posterior.ts';
import {type DropoutMasksOptions, dropoutMasks} from './dropout-masks.ts';

/** Options of {@link mcDropout}. */
export interface McDropoutOptions extends NoiseOptions, DropoutMasksOptions {}

/**
 * Monte-Carlo dropout: predicts with dropout left on, for any trained model that has some (Gal and Ghahramani 2016).
 *
 *     p(y | x) = 1/S sum_s p(y | f(x; mask_s))
 *
 * Dropout, SpatialDropout1D, GaussianDropout, AlphaDropout, the `dropout` and `recurrentDropout` of recurrent layers (one mask
 * for a whole sequence), and the layers of `concreteDropout`, `learnedGaussianDropout` and `dropConnect` are on; everything else,
 * BatchNormalization above all, stays in inference mode. Layers inside nested models, TimeDistributed and Bidirectional count.
 * Masks come from `rng`: predictions repeat, and do not depend on `batchSize`. The model is never changed.
 *
 * The spread does not shrink with more data, because the rates are fixed: choose them on held-out data, or let `concreteDropout`
 * learn them.
 *
 * Throws `ConfigError` for a model without dropout.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {mcDropout} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 16, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dropout({rate: 0.5}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const predictive = await mcDropout(model, {samples: 20}).predict(tf.ones([4, 2]));
 * console.log(predictive.kind, predictive.kind === 'categorical' && predictive.entropy().epistemic.shape); // categorical [4]
 * predictive.dispose();
 * ```
 */
export function mcDropout(model: tfl.LayersModel, options: McDropoutOptions = {}): NoisePosterior {
  return createNoisePosterior(model, dropoutMasks(options), options);
}
