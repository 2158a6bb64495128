import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {Net} from '../../src/models/index.ts';
import type {NoisyCall} from '../../src/posterior/net-noise.ts';
import {createNoisePosterior, type NoiseOptions} from '../noise/create-noise-posterior.ts';
import type {NoisePosterior} from '../noise/noise-posterior.ts';
import {innermostLayers, ownNoise} from '../noise/noisy-layer.ts';

/** Name of the method in files and messages. */
export const BOTTLENECK = 'bottleneckPosterior';

/**
 * Averages a model with `variationalBottleneck` layers over codes: `p(y | x) = 1/S sum_s p(y | f(code_s)), code_s ~ q(code | x)`.
 *
 * Each input has codes of its own, which do not depend on `batchSize`; everything else is in inference mode. Throws `ConfigError` for a
 * model without such a layer.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bottleneckPosterior, variationalBottleneck} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const code = variationalBottleneck({units: 4, inputShape: [6]});
 * const model = tfl.sequential({layers: [code, tfl.layers.dense({units: 2, activation: 'softmax'})]});
 * const draws = await bottleneckPosterior(model).sampleOutputs(tf.ones([3, 6]), {samples: 5});
 * console.log(draws.shape); // [5, 3, 2]
 * ```
 */
export function bottleneckPosterior(model: tfl.LayersModel, options: NoiseOptions = {}): NoisePosterior {
  return createNoisePosterior(model, {name: BOTTLENECK, shared: false, find: findBottlenecks}, options);
}

/** The bottlenecks of a net. Throws `ConfigError` where there is none. */
export function findBottlenecks({model}: Net, caller: string): NoisyCall[] {
  const found = innermostLayers(model).flatMap((layer) => ownNoise(layer, 'code') ?? []);
  if (found.length > 0) return found;
  throw new ConfigError(
    `${caller}: expected a model with a variationalBottleneck, got none in its ${model.layers.length} layers. Train one with it.`,
  );
}
