import {FormatError} from '../errors.ts';

/** `sum[i] += values[i]`. */
export function addInto(sum: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
}

/** Copies the saved array `name` over `target`. */
export function takeArray(target: Float64Array, arrays: Record<string, ArrayLike<number>>, name: string): void {
  const saved = arrays[name];
  if (saved === undefined || saved.length !== target.length) {
    throw new FormatError(
      `loadPosterior: expected an array '${name}' of ${target.length} numbers, got ` +
        `${saved === undefined ? 'none' : saved.length}. The file is damaged or of another version.`,
    );
  }
  target.set(saved);
}
