import type * as tf from '@tensorflow/tfjs-core';
import {readSaved} from '../../src/io/index.ts';
import {checkSavedModel, guardModel} from '../model-guard.ts';
import {FeatureDensity, type FeatureModel} from './feature-density.ts';
import {fromSavedDensity} from './saved-density.ts';

/**
 * Loads what {@link FeatureDensity.save} wrote, for the model or the function that gave the features.
 *
 * Throws `FormatError` for a file that is damaged or holds something else; `ModelMismatchError` where the model is another than the one
 * it was fitted to (a function is taken at its word).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {deterministicDensity, loadFeatureDensity} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [2], activation: 'softmax'})]});
 * const density = await deterministicDensity(model).fit(tf.randomNormal([20, 2], 0, 1, 'float32', 1));
 * await density.save(tf.io.withSaveHandler(async (artifacts) => {       // or 'density.bin', 'indexeddb://...'
 *   const loaded = await loadFeatureDensity(tf.io.fromMemory(artifacts), model);
 *   console.log(await loaded.logDensity(tf.tensor2d([[0, 0]])));
 *   return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
 * }));
 * ```
 */
export async function loadFeatureDensity(
  source: string | tf.io.IOHandler,
  model: FeatureModel,
): Promise<FeatureDensity> {
  const {gaussians, fingerprint} = fromSavedDensity(await readSaved(source, 'loadFeatureDensity'));
  if (typeof model !== 'function') await checkSavedModel(guardModel(model), fingerprint, 'loadFeatureDensity');
  return new FeatureDensity(model, gaussians);
}
