import {ConfigError, DataError} from '../src/errors.ts';
import {type Inputs, type Net, toModelInputs} from '../src/models/index.ts';

/** Throws `ConfigError` unless `value` is a positive, finite number. */
export function requirePositive(value: number, name: string, caller: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError(`${caller}: expected a positive, finite ${name}, got ${value}. Give for example 1.`);
}

/** Throws `ConfigError` unless `value` is one of those allowed. */
export function requireOneOf<T extends string>(value: T, allowed: readonly T[], name: string, caller = 'laplace'): T {
  if (allowed.includes(value)) return value;
  throw new ConfigError(`${caller}: expected ${name} to be one of ${quoted(allowed)}, got '${value}'.`);
}

/** Throws `ConfigError` unless `value` is a whole number from 1. */
export function requireCount(value: number, name: string, caller: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ConfigError(`${caller}: expected ${name} to be a whole number from 1, got ${value}.`);
}

/** Throws `ConfigError` where `options` has a key that `known` has not. */
export function requireKnown(options: object, known: Readonly<Record<string, true>>, caller: string): void {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(known, key));
  if (unknown.length === 0) return;
  throw new ConfigError(
    `${caller}: expected options ${quoted(Object.keys(known))}, got ${quoted(unknown)}. Look for a misspelling.`,
  );
}

/** The number of examples in `x`; throws `ConfigError`, `ShapeError` or `DataError` unless the net takes it. */
export function requireExamples(net: Net, x: Inputs, caller: string): number {
  const [first] = toModelInputs(net.model, x, caller);
  const examples = first?.shape[0];
  if (examples) return examples;
  throw new DataError(`${caller}: expected at least one example, got none. Look at the first axis of x.`);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
