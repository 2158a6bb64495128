import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, FormatError, ModelMismatchError} from '../../src/errors.ts';
import {loadHandler} from '../../src/io/handlers.ts';
import {fromArtifacts, saveHandler, toArtifacts} from '../../src/io/index.ts';
import type {VariationalFamily} from './family.ts';
import {familyVariables} from './variational-state.ts';

const KIND = 'inference/variational';
const VERSION = 1;

/**
 * Saves a fitted family, bit for bit: its variables and what it was made with.
 *
 * @param family the family.
 * @param target a path or `file://` URL (Node), any URL that tfjs saves to, or a `tf.io` handler.
 *
 * @throws ConfigError if the handler cannot save.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {loadFamily, meanField, saveFamily} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const [fitted, other] = [meanField({dimension: 2, mean: [1, 2]}), meanField({dimension: 2})];
 * await saveFamily(fitted, tf.io.withSaveHandler(async (artifacts) => {
 *   await loadFamily(other, tf.io.fromMemory(artifacts));
 *   return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
 * }));
 * console.log((await other.moments()).mean);   // [1, 2]
 * fitted.dispose();
 * other.dispose();
 * ```
 */
export async function saveFamily(
  family: VariationalFamily,
  target: string | tf.io.IOHandler,
): Promise<tf.io.SaveResult> {
  const handler = saveHandler(target);
  if (!handler.save) {
    throw new ConfigError('saveFamily: expected a handler with a save method, got one that only loads. Pass a path.');
  }
  const values = await Promise.all(
    familyVariables(family).map(async (variable, i) => [i, Float32Array.from(await variable.data())] as const),
  );
  const config = {family: family.name, options: family.getConfig()};
  return handler.save(toArtifacts({kind: KIND, version: VERSION, config, arrays: Object.fromEntries(values)}));
}

/**
 * Loads what {@link saveFamily} saved into a family that was made as the saved one was.
 *
 * @param family the family whose variables take the saved values.
 * @param source a path or `file://` URL (Node), any URL that tfjs loads from, or a `tf.io` handler.
 *
 * @throws ModelMismatchError if the saved family is another or was made with other options.
 * @throws FormatError if the file is truncated, damaged, of another version or none of ours.
 * @throws ConfigError if the handler cannot load.
 */
export async function loadFamily(family: VariationalFamily, source: string | tf.io.IOHandler): Promise<void> {
  const handler = loadHandler(source);
  if (!handler.load) {
    throw new ConfigError('loadFamily: expected a handler with a load method, got one that only saves. Pass a path.');
  }
  const {kind, version, config, arrays} = fromArtifacts(await handler.load(), 'loadFamily');
  if (kind !== KIND || version !== VERSION) {
    throw new FormatError(
      `loadFamily: expected a family of version ${VERSION}, got '${kind} ${version}'. Give what saveFamily wrote.`,
    );
  }
  const own = JSON.stringify({family: family.name, options: family.getConfig()});
  const variables = familyVariables(family);
  const saved = JSON.stringify(config);
  if (saved !== own || Object.keys(arrays).length !== variables.length) {
    throw new ModelMismatchError(
      `loadFamily: expected a family saved as ${own}, got ${saved}. Make the family as the saved one was made.`,
    );
  }
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) {
      variable.assign(tf.tensor(arrays[i] as Float32Array, variable.shape, 'float32'));
    }
  });
}
