import {ConfigError} from '../errors.ts';
import type {SavedPosterior} from '../io/index.ts';

/** Where something that goes along with training stands. */
export interface TrainingState {
  /** Its numbers and names. */
  readonly config: Readonly<Record<string, number | string>>;
  /** Its arrays, by name. */
  readonly arrays: Readonly<Record<string, Float64Array | Float32Array | Int32Array>>;
}

/** Something beside the model that training goes on with, such as the collectors of `tfjs-bayes/ensembles`. */
export interface Resumable {
  /** Where it stands. */
  getState(): Promise<TrainingState>;
  /** Goes on from there. */
  setState(state: TrainingState): void;
}

type Arrays = SavedPosterior['arrays'];

/** The arrays of several states under names of their own. */
export function joinArrays(states: readonly TrainingState[]): Arrays {
  const entries = states.flatMap(({arrays}, i) =>
    Object.entries(arrays).map(([name, array]) => [prefix(i) + name, array] as const),
  );
  return Object.fromEntries(entries);
}

/** Puts back what was saved; throws `ConfigError` where it is of another number of collectors. */
export function restoreAll(
  collectors: readonly Resumable[],
  configs: readonly TrainingState['config'][],
  arrays: Arrays,
): void {
  if (configs.length !== collectors.length) {
    throw new ConfigError(
      `resumeTraining: expected as many collectors as were saved, ${configs.length}, got ${collectors.length}. ` +
        'Give the same collectors here as checkpointTraining, in the same order.',
    );
  }
  for (const [i, collector] of collectors.entries()) {
    const own = Object.entries(arrays).filter(([name]) => name.startsWith(prefix(i)));
    const named = own.map(([name, array]) => [name.slice(prefix(i).length), array] as const);
    collector.setState({config: configs[i] ?? {}, arrays: Object.fromEntries(named)});
  }
}

const prefix = (index: number): string => `collector${index}/`;
