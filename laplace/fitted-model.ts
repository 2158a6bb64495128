import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ModelMismatchError} from '../src/errors.ts';
import {storedWeights} from '../src/models/fingerprint.ts';
import {leafLayers} from '../src/models/graph.ts';
import type {Net} from '../src/models/index.ts';

/**
 * Whether a model is still the one that was fitted. A variable that is written points to other data from then on, so as
 * long as every one points to the same there is nothing to read; else the fingerprint tells.
 */
export class FittedModel {
  readonly #model: LayersModel;
  #seen: readonly object[];

  /** Looks at the model as it is now. */
  constructor(model: LayersModel) {
    this.#model = model;
    this.#seen = identities(model);
  }

  /** Whether any weight, trainable or not, was written since, or a layer exchanged. */
  get written(): boolean {
    const now = identities(this.#model);
    return now.length !== this.#seen.length || now.some((identity, i) => identity !== this.#seen[i]);
  }

  /** Throws `ModelMismatchError` if a weight was written, even with the value that it had. */
  requireUnwritten(caller: string): void {
    if (!this.written) return;
    throw mismatch(caller, ' Where the weights were set to the same values, any prediction that is awaited finds out.');
  }

  /** Throws `ModelMismatchError` if the model has another fingerprint. */
  async requireSame({fingerprint}: Pick<Net, 'fingerprint'>, fitted: string, caller: string): Promise<void> {
    while (this.written) {
      const now = identities(this.#model);
      if ((await fingerprint()) !== fitted) throw mismatch(caller);
      this.#seen = now;
    }
  }
}

function identities(model: LayersModel): object[] {
  return [...leafLayers(model), ...storedWeights(model).map((weight) => weight.read().dataId)];
}

function mismatch(caller: string, more = ''): ModelMismatchError {
  return new ModelMismatchError(
    `${caller}: expected the weights that were fitted, got others: the model has been trained or changed since. ` +
      `Call fit(x, y) again.${more}`,
  );
}
