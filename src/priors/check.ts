import {ConfigError} from '../errors.ts';

/** Throws `ConfigError` unless every parameter is a finite number above 0. */
export function checkPositive(caller: string, parameters: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) continue;
    throw new ConfigError(`${caller}: expected ${name} to be a number above 0, got ${String(value)}. Pass another.`);
  }
}

/** Throws `ConfigError` unless the value is a finite number. */
export function checkFinite(caller: string, name: string, value: unknown): void {
  if (Number.isFinite(value)) return;
  throw new ConfigError(`${caller}: expected ${name} to be a finite number, got ${String(value)}. Pass another.`);
}
