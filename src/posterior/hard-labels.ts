import {DataError} from '../errors.ts';

/** Label of each row of targets as `prepareTargets` gives them, `width` numbers to a row; -1 where it is ignored. */
export function hardLabels(caller: string, targets: ArrayLike<number>, rows: number, width: number): Int32Array {
  const hard = (value: number, row: number, label: number): number => {
    if (value > 0 && value !== 1) {
      throw new DataError(
        `${caller}: expected integer labels or one-hot rows, got the probability ${value} in row ${row}. ` +
          'Pass the class that was observed.',
      );
    }
    return label;
  };
  return Int32Array.from({length: rows}, (_, i) => {
    if (width === 1) {
      const value = targets[i] as number;
      return hard(value, i, value < 0 ? -1 : value);
    }
    let sum = 0;
    let best = 0;
    for (let k = 0; k < width; k++) {
      const value = targets[i * width + k] as number;
      sum += value;
      if (value > (targets[i * width + best] as number)) best = k;
    }
    return sum === 0 ? -1 : hard(targets[i * width + best] as number, i, best);
  });
}
