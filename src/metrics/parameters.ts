import {DataError} from '../errors.ts';
import {checkLength, float64} from '../linalg/matrix-like.ts';
import {total} from './weights.ts';

/** A parameter of predictive distributions: one number per example, or one for all. */
export type PerExample = number | ArrayLike<number>;

/** The open interval that a parameter must lie in. */
export interface Domain {
  readonly above?: number;
  readonly below?: number;
}

/** Reads a parameter for `length` examples, every number finite and within `domain`. */
export function parameter(
  caller: string,
  name: string,
  input: PerExample,
  length: number,
  {above = -Infinity, below = Infinity}: Domain = {},
): Float64Array {
  if (typeof input !== 'number') checkLength(caller, name, input, length);
  const values = typeof input === 'number' ? new Float64Array(length).fill(input) : float64(input);
  const at = values.findIndex((value) => !(value > above && value < below));
  if (at >= 0) {
    const limits = [above > -Infinity ? `above ${above}` : '', below < Infinity ? `below ${below}` : ''];
    throw new DataError(
      `${caller}: expected ${['finite numbers', ...limits.filter(Boolean)].join(' ')} in ${name}, got ${values[at]} at index ` +
        `${at}. Repair or drop such examples first.`,
    );
  }
  return values;
}

/** Mean of `score(i)` over `n` examples, each counted as often as its weight says; a score of weight 0 is not looked at. */
export function meanOf(n: number, score: (i: number) => number, weights?: Float64Array): number {
  let sum = 0;
  if (weights === undefined) {
    for (let i = 0; i < n; i++) sum += score(i);
    return sum / n;
  }
  for (let i = 0; i < n; i++) {
    const w = weights[i] as number;
    if (w > 0) sum += w * score(i);
  }
  return sum / total(weights);
}
