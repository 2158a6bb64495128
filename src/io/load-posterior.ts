import type {io} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError, FormatError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Posterior} from '../posterior/posterior.ts';
import type {SavedPosterior} from './artifacts.ts';
import {CALIBRATED_KIND, CALIBRATED_VERSION, loadCalibrated} from './calibrated.ts';
import {readSaved} from './read-saved.ts';

/** What a loader gets beside the file. */
export interface LoadContext {
  /** The model that the posterior was fitted to. */
  readonly model: LayersModel;
  /** A likelihood of the user's own, which a file can only name. */
  readonly likelihood?: Likelihood;
}

/** Rebuilds a posterior of one kind and version. */
export type PosteriorLoader = (saved: SavedPosterior, context: LoadContext) => Promise<Posterior>;

const loaders = new Map<string, PosteriorLoader>();

/**
 * Makes a kind of posterior loadable; each family calls it when it is imported. A kind begins with the entry that does so,
 * as in `laplace` and `layers/vbll`.
 */
export function registerPosteriorLoader(kind: string, version: number, loader: PosteriorLoader): void {
  loaders.set(`${kind} ${version}`, loader);
}

/**
 * Loads a posterior that `posterior.save` wrote, for the model it was fitted to.
 *
 * `source` is a path or `file://` URL (Node), any URL that tfjs loads from, or a `tf.io` handler. Throws `FormatError` for a
 * file that is truncated, damaged or none of ours; `ModelMismatchError` where `model` is another than the one fitted;
 * `ConfigError` where there is no such file, no `model` is given, or the family's entry has not been imported.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, loadPosterior} from 'tfjs-bayes';
 * import {laplace} from 'tfjs-bayes/laplace';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * const posterior = await laplace(model).fit(tf.randomNormal([8, 3]), tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'));
 * await posterior.save(tf.io.withSaveHandler(async (artifacts) => {
 *   const loaded = await loadPosterior(tf.io.fromMemory(artifacts), {model});
 *   loaded.dispose();
 *   return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
 * }));
 * ```
 */
export async function loadPosterior(source: string | io.IOHandler, context: LoadContext): Promise<Posterior> {
  if (!context?.model) {
    throw new ConfigError(
      'loadPosterior: expected the model that the posterior was fitted to, got none. A posterior is saved without it: ' +
        'call loadPosterior(source, {model}).',
    );
  }
  return loadSaved(await readSaved(source, 'loadPosterior'), context);
}

async function loadSaved(saved: SavedPosterior, context: LoadContext): Promise<Posterior> {
  if (saved.kind === CALIBRATED_KIND && saved.version === CALIBRATED_VERSION) {
    return loadCalibrated(saved, (inner) => loadSaved(inner, context));
  }
  const loader = loaders.get(`${saved.kind} ${saved.version}`);
  if (loader) return loader(saved, context);
  const known = [...loaders.keys()].filter((key) => key.startsWith(`${saved.kind} `));
  if (known.length > 0) {
    throw new FormatError(
      `loadPosterior: expected one of the versions ${known.join(', ')}, got '${saved.kind} ${saved.version}'. ` +
        'Update tfjs-bayes.',
    );
  }
  throw new ConfigError(
    `loadPosterior: expected a kind of posterior that has been imported, got '${saved.kind}'. ` +
      `Add import 'tfjs-bayes/${saved.kind.split('/', 1)[0]}' before loading.`,
  );
}
