import {type Draws, scalarChains} from '../../diagnostics/draws.ts';
import {ConfigError} from '../../errors.ts';

/** Which numbers a plot of draws shows. */
export interface DrawsPlotOptions {
  /**
   * Names of numbers as in `summarizeDraws` (`'tau'`, `'theta[2]'`), or of whole parameters (`'theta'`). Default: the first of them
   * that a plot has room for.
   */
  readonly parameters?: readonly string[];
}

/** One number of the draws: a series for each chain. */
export interface NamedChains {
  readonly name: string;
  readonly chains: readonly Float64Array[];
}

/** The numbers named, or the first `room`. Throws `ConfigError` for a name that the draws do not have. */
export function chooseScalars(
  draws: Draws,
  names: readonly string[] | undefined,
  {room, caller}: {room: number; caller: string},
): NamedChains[] {
  const all = Array.from(scalarChains(draws), ([name, chains]): NamedChains => ({name, chains}));
  if (names === undefined) return all.slice(0, room);
  return names.flatMap((wanted) => {
    const found = all.filter(({name}) => name === wanted || name.startsWith(`${wanted}[`));
    if (found.length > 0) return found;
    throw new ConfigError(
      `${caller}: expected names of parameters, got '${wanted}'. There are ${all.map(({name}) => `'${name}'`).join(', ')}.`,
    );
  });
}

/** At most `most` indices from 0 to `count`, evenly spaced. */
export function evenlySpaced(count: number, most: number): number[] {
  if (count <= most) return Array.from({length: count}, (_, i) => i);
  return Array.from({length: most}, (_, i) => Math.floor((i * count) / most));
}
