/**
 * A seeded stream of plain numbers that can be split: the same seed gives the same numbers on every backend and platform.
 *
 * `fork(tag)` depends on the seed and the tag alone, never on how much was drawn, so that adding a draw in one place
 * changes nothing in another.
 */
export interface Rng {
  /** `n` standard normal draws; in `out`, an array of that length, where one is given: loops save the new memory. */
  normals(n: number, out?: Float64Array): Float64Array;
  /** `n` uniform draws in [0, 1). */
  uniforms(n: number): Float64Array;
  /** A uniformly random permutation of 0..n-1. */
  permutation(n: number): Uint32Array;
  /** An independent stream named by `tag`. */
  fork(tag: string | number): Rng;
  /** The whole state, for saving; `createRng({state})` continues from it. */
  getState(): Int32Array;
}
