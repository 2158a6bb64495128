import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import type {Host} from './host.ts';

/** Throws `ConfigError` unless the member's model has the architecture of the first. */
export function checkSameArchitecture(host: Host, architecture: string, member: number): void {
  if (host.architecture === architecture) return;
  throw new ConfigError(
    `deepEnsemble.fit: expected create to build the same architecture for every member, got another for member ${member}. ` +
      'Join different architectures with mixture([...]).',
  );
}

/** Throws `ConfigError` unless the model has been compiled. */
export function checkCompiled(model: LayersModel): LayersModel {
  if (model.optimizer) return model;
  throw new ConfigError(
    "deepEnsemble.fit: expected create to return a compiled model, got one that is not. Call model.compile({optimizer: 'adam', loss}) in it.",
  );
}

/** Disposes a model that `create` made, and its optimizer. */
export function disposeModel(model: LayersModel): void {
  model.optimizer?.dispose(); // an optimizer given as an object is not the model's to dispose, but was made by create
  model.dispose();
}
