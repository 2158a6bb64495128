import type * as tfl from '@tensorflow/tfjs-layers';
import {ModelMismatchError} from '../src/errors.ts';
import {fingerprintModel} from '../src/models/fingerprint.ts';

/** Remembers a model as it was when its posterior was made. */
export interface ModelGuard {
  /** Fingerprint of the model at that time. */
  fingerprint(): Promise<string>;
  /** Throws `ModelMismatchError` if the model is another now. */
  check(caller: string): Promise<void>;
}

/** Takes the model as it is now. */
export function guardModel(model: tfl.LayersModel): ModelGuard {
  const start = fingerprintModel(model);
  return {
    fingerprint: () => start,
    check: async (caller) => {
      if ((await fingerprintModel(model)) === (await start)) return;
      throw new ModelMismatchError(
        `${caller}: expected the weights that the posterior was made for, got others: the model has been trained or ` +
          'changed since. Make the posterior again.',
      );
    },
  };
}

/** Throws `ModelMismatchError` unless the model is the one whose fingerprint was saved. */
export async function checkSavedModel(guard: ModelGuard, saved: unknown, caller = 'loadPosterior'): Promise<void> {
  const fingerprint = await guard.fingerprint();
  if (fingerprint === saved) return;
  throw new ModelMismatchError(
    `${caller}: expected the model with fingerprint ${saved}, got ${fingerprint}. ` +
      'Load the model that was saved together with this posterior, with the same weights.',
  );
}
