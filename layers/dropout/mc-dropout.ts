import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {Net} from '../../src/models/index.ts';
import {createNoisePosterior, type NoiseOptions} from '../noise/create-noise-posterior.ts';
import type {NoisePosterior} from '../noise/noise-posterior.ts';
import {innermostLayers, type NoisyCall, ownNoise} from '../noise/noisy-layer.ts';
import {recurrentDropout} from './recurrent-dropout.ts';
import {stockDropout} from './stock-dropout.ts';

/** Name of the method in files and messages. */
export const MC_DROPOUT = 'mcDropout';

/** Options of {@link mcDropout}. */
export interface McDropoutOptions extends NoiseOptions {
  /**
   * Whether all inputs share the masks of a draw, so that each draw is one function, as Thompson sampling and joint predictions
   * need. Default false: each input has masks of its own, which averages better over the same number of draws.
   */
  readonly fixedMasks?: boolean;
}

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
  return createNoisePosterior(model, MC_DROPOUT, findDropout, options);
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
