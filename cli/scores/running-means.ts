import {type MeanAccumulator, meanAccumulator} from '../../src/metrics/index.ts';

/** Means over rows that arrive in batches. */
export interface RunningMeans {
  /** Adds a number for each row, by name. */
  addRows(rows: {readonly [name: string]: Float64Array}): void;
  /** Adds means over so many rows, by name. */
  addMeans(count: number, means: {readonly [name: string]: number}): void;
  /** The means of all rows so far. */
  means(): {[name: string]: number};
  /** Standard errors of those that were added row by row; infinite where the mean is, or of one row. */
  standardErrors(): {[name: string]: number};
}

/** Means of what is added. */
export function meanOfParts(): RunningMeans {
  const rows = new Map<string, MeanAccumulator>();
  const infinite = new Set<string>();
  const totals = new Map<string, {count: number; sum: number}>();
  return {
    addRows(batch) {
      for (const [name, values] of Object.entries(batch)) {
        const accumulator = rows.get(name) ?? meanAccumulator();
        rows.set(name, accumulator);
        const finite = values.filter(Number.isFinite);
        if (finite.length < values.length) infinite.add(name);
        if (finite.length > 0) accumulator.update(finite);
      }
    },
    addMeans(count, means) {
      for (const [name, mean] of Object.entries(means)) {
        const total = totals.get(name) ?? {count: 0, sum: 0};
        totals.set(name, {count: total.count + count, sum: total.sum + count * mean});
      }
    },
    means() {
      const ofRows = [...rows].map(([name, accumulator]): [string, number] => [
        name,
        infinite.has(name) ? Infinity : accumulator.state().mean,
      ]);
      const ofBatches = [...totals].map(([name, {count, sum}]): [string, number] => [name, sum / count]);
      return Object.fromEntries([...ofRows, ...ofBatches]);
    },
    standardErrors() {
      return Object.fromEntries(
        [...rows].map(([name, accumulator]) => [
          name,
          infinite.has(name) || accumulator.state().weight < 2 ? Infinity : accumulator.result().standardError,
        ]),
      );
    },
  };
}
