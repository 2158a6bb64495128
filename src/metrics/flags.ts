import {DataError} from '../errors.ts';
import {checkLength} from '../linalg/matrix-like.ts';

/** Reads yes-or-no values (booleans, or 0 and 1), one per example. */
export function flags(caller: string, name: string, input: ArrayLike<number | boolean>, length: number): Uint8Array {
  checkLength(caller, name, input, length);
  if (input instanceof Uint8Array && areBits(input)) return input;
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const value = input[i];
    if (value === 1 || value === true) result[i] = 1;
    else if (value !== 0 && value !== false) {
      throw new DataError(
        `${caller}: expected booleans, or 0 and 1, in ${name}, got ${value} at index ${i}. Compare your values with a ` +
          'class or a threshold first.',
      );
    }
  }
  return result;
}

function areBits(input: Uint8Array): boolean {
  let union = 0;
  for (let i = 0; i < input.length; i++) union |= input[i] as number;
  return union <= 1;
}
