import {ConfigError} from '../errors.ts';

/** Numbers between two ends, one of which may be infinite, or the whole numbers among them. */
export interface BoundedSupport {
  /** `'interval'`: the ends are left out; `'integers'`: whole numbers, the ends included. */
  readonly kind: 'interval' | 'integers';
  /** The lower end. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** Values without ends of their own. */
export interface FreeSupport {
  /** All real numbers; probability vectors; vectors that increase; Cholesky factors of correlation matrices. */
  readonly kind: 'real' | 'simplex' | 'ordered' | 'correlation-cholesky';
}

/** Where a distribution has its mass, or a parameter its values. */
export type Support = BoundedSupport | FreeSupport;

/**
 * All real numbers.
 *
 * @example
 * ```ts
 * import {realSupport} from 'tfjs-bayes/inference';
 * console.log(realSupport().kind);   // real
 * ```
 */
export function realSupport(): Support {
  return {kind: 'real'};
}

/**
 * The numbers above 0.
 *
 * @example
 * ```ts
 * import {positiveSupport} from 'tfjs-bayes/inference';
 * console.log(positiveSupport());   // {kind: 'interval', low: 0, high: Infinity}
 * ```
 */
export function positiveSupport(): Support {
  return {kind: 'interval', low: 0, high: Infinity};
}

/**
 * The numbers between `low` and `high`; one of the two may be infinite.
 *
 * @param low the lower end.
 * @param high the upper end, above `low`.
 *
 * @throws ConfigError unless low < high.
 *
 * @example
 * ```ts
 * import {intervalSupport} from 'tfjs-bayes/inference';
 * console.log(intervalSupport(-1, 1).kind);   // interval
 * ```
 */
export function intervalSupport(low: number, high: number): Support {
  if (!(low < high)) {
    throw new ConfigError(`intervalSupport: expected low < high, got ${low} and ${high}. Exchange or part them.`);
  }
  return low === -Infinity && high === Infinity ? {kind: 'real'} : {kind: 'interval', low, high};
}

/**
 * The whole numbers from `low` to `high`, both included; they have no unconstrained form.
 *
 * @internal
 */
export function integerSupport(low: number, high: number): Support {
  return {kind: 'integers', low, high};
}

/**
 * Vectors of positive numbers that sum to 1; the last axis holds the entries.
 *
 * @example
 * ```ts
 * import {simplexSupport} from 'tfjs-bayes/inference';
 * console.log(simplexSupport().kind);   // simplex
 * ```
 */
export function simplexSupport(): Support {
  return {kind: 'simplex'};
}

/**
 * Vectors whose entries increase; the last axis holds the entries.
 *
 * @example
 * ```ts
 * import {orderedSupport} from 'tfjs-bayes/inference';
 * console.log(orderedSupport().kind);   // ordered
 * ```
 */
export function orderedSupport(): Support {
  return {kind: 'ordered'};
}

/**
 * Lower-triangular Cholesky factors L of correlation matrices L L^T: rows of unit length with a positive diagonal, in the
 * last two axes.
 *
 * @example
 * ```ts
 * import {correlationCholeskySupport} from 'tfjs-bayes/inference';
 * console.log(correlationCholeskySupport().kind);   // correlation-cholesky
 * ```
 */
export function correlationCholeskySupport(): Support {
  return {kind: 'correlation-cholesky'};
}
