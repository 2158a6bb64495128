import type {io} from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {fromArtifacts, type SavedPosterior} from './artifacts.ts';
import {loadHandler} from './handlers.ts';

/**
 * Reads what was saved at a path, a URL or a handler. Throws `ConfigError` for a place that cannot be read, `FormatError` for a file
 * that is damaged or none of ours; `caller` begins their messages.
 */
export async function readSaved(source: string | io.IOHandler, caller: string): Promise<SavedPosterior> {
  const handler = loadHandler(source, caller);
  if (!handler.load) {
    throw new ConfigError(
      `${caller}: expected a handler with a load method, got one that only saves. Pass a path or a URL, for example.`,
    );
  }
  return fromArtifacts(await handler.load(), caller);
}
