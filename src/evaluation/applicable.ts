import {ConfigError, DataError} from '../errors.ts';

/** The scores that these data allow: a score whose metric refuses them, or that is no number, is left out. */
export function applicable(scores: {readonly [name: string]: () => number}): {[name: string]: number} {
  const found: {[name: string]: number} = {};
  for (const [name, compute] of Object.entries(scores)) {
    try {
      const value = compute();
      if (!Number.isNaN(value)) found[name] = value;
    } catch (error) {
      if (!(error instanceof DataError || error instanceof ConfigError)) throw error;
    }
  }
  return found;
}
