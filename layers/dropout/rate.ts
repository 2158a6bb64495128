import {ConfigError} from '../../src/errors.ts';

/** Throws `ConfigError` unless the rate lies between 0 and 1. */
export function checkRate(rate: number, caller: string): number {
  if (rate > 0 && rate < 1) return rate;
  throw new ConfigError(
    `${caller}: expected rate between 0 and 1, both excluded, got ${rate}. Choose 0.1, for example.`,
  );
}

/** Throws `ConfigError` unless `value` is a finite number above 0. */
export function checkPositive(value: number, name: string, caller: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new ConfigError(`${caller}: expected ${name} to be a positive number, got ${value}.`);
}
