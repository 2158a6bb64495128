import type {io} from '@tensorflow/tfjs-core';
import {ConfigError, ModelMismatchError} from '../src/errors.ts';
import type {Host} from './host.ts';

/** The handler's save method; throws `ConfigError` where it has none. */
export function checkSaves(handler: io.IOHandler, caller: string): io.SaveHandler {
  if (handler.save) return handler.save.bind(handler);
  throw new ConfigError(`${caller}: expected a handler with a save method, got one that only loads.`);
}

/** Throws `ModelMismatchError` unless the host has the architecture that was saved. */
export function checkArchitecture(host: Host, saved: string, caller: string): void {
  if (host.architecture === saved) return;
  throw new ModelMismatchError(
    `${caller}: expected a model with the architecture fingerprint ${saved}, got ${host.architecture}. ` +
      'Build the model as it was built for this posterior; the values of its weights do not matter.',
  );
}

/** Throws `ConfigError` unless `value` is a whole number from `least`. */
export function checkCount(value: number, name: string, least: number, caller: string): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(`${caller}: expected ${name} to be a whole number from ${least}, got ${value}.`);
}

/** Throws `ConfigError` unless `value` is a finite number above 0. */
export function checkPositive(value: number, name: string, caller: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError(`${caller}: expected ${name} to be a positive number, got ${value}.`);
}
