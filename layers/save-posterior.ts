import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../src/errors.ts';
import {type SavedPosterior, saveHandler, toArtifacts} from '../src/io/index.ts';

/** Writes a posterior through a handler. Throws `ConfigError` where the handler only loads. */
export async function savePosterior(
  handler: string | tf.io.IOHandler,
  saved: SavedPosterior,
  caller: string,
): Promise<tf.io.SaveResult> {
  const target = saveHandler(handler);
  if (target.save) return target.save(toArtifacts(saved));
  throw new ConfigError(`${caller}: expected a handler with a save method, got one that only loads. Pass another.`);
}
