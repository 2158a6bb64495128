import type * as tf from '@tensorflow/tfjs-core';
import {eigh, type Matrix, symmetrize, transpose} from '../linalg/index.ts';
import type {Inputs} from '../models/inputs.ts';
import {warn} from '../warn.ts';
import {addInto} from './arrays.ts';
import {type BatchSummary, forwardSummary} from './batch-loss.ts';
import type {CurvatureFit} from './curvature.ts';
import {ggnProducts} from './ggn-products.ts';
import {
  checkRows,
  combineRows,
  rowProducts,
  SubspaceCurvature,
  type SubspaceFitOptions,
  spectrumOfRows,
  weightCount,
} from './subspace.ts';

/** Directions beyond the rank that are searched with it, which makes the wanted ones converge (Halko et al. 2011). */
const EXTRA = 10;
const MOST_PASSES = 30;

/**
 * The leading eigenpairs of the curvature by randomized block iteration with Rayleigh-Ritz (Halko, Martinsson and Tropp
 * 2011): a block Q of `rank` + 10 random directions is multiplied by H, one pass over the data each time, and made
 * orthonormal again, until the curvature that the best `rank` directions hold grows by less than `tolerance` of itself. Where
 * H has no larger rank than the block, the second pass is exact.
 *
 * With a `previous` curvature, H is what that kept plus the new data.
 */
export class LowRankFit implements CurvatureFit {
  readonly #options: SubspaceFitOptions;
  readonly #size: number;
  #block: Float32Array;
  #product: Float64Array;
  #passes = 0;
  #captured = 0;
  #complete = false;
  #curvature: SubspaceCurvature | undefined;

  constructor(options: SubspaceFitOptions) {
    this.#options = options;
    this.#size = weightCount(options.layouts);
    const directions = Math.min(this.#size, options.rank + EXTRA);
    checkRows(directions, this.#size, 'low-rank', 'Choose a smaller rank.');
    const normals = options.rng.fork('low-rank').normals(directions * this.#size);
    this.#block = spectrumOfRows(Float32Array.from(normals), this.#size).basis;
    this.#product = this.#productWithPrevious();
  }

  get curvature(): SubspaceCurvature {
    if (this.#curvature) return this.#curvature;
    throw new Error('LowRankFit: expected more passes over the data, got fewer.');
  }

  async add(x: Inputs, y: tf.Tensor): Promise<BatchSummary> {
    const {tapped, likelihood} = this.#options;
    await this.revisit(x, y);
    return forwardSummary(tapped.net, likelihood, x, y);
  }

  async revisit(x: Inputs, y: tf.Tensor): Promise<void> {
    addInto(this.#product, await ggnProducts(this.#options, x, y, this.#block));
  }

  async endPass(): Promise<boolean> {
    this.#passes += 1;
    const product = Float32Array.from(this.#product);
    const {values, vectors} = eigh(symmetrize(rowProducts(this.#block, product, this.#size)), {relativeFloor: 0});
    const kept = Math.min(this.#options.rank, values.length);
    const captured = values.subarray(values.length - kept).reduce((sum, value) => sum + value, 0);
    const gain = captured - this.#captured;
    const done = this.#complete || (this.#passes > 1 && gain <= this.#options.tolerance * captured);
    if (!done && this.#passes < MOST_PASSES && this.#advance(product)) {
      this.#captured = captured;
      return true;
    }
    if (!done && this.#passes === MOST_PASSES) {
      warn(
        `laplace: the low-rank curvature still grew by ${((100 * gain) / captured).toPrecision(2)} % in the last of ` +
          `${MOST_PASSES} passes. Use a larger rank or tolerance.`,
      );
    }
    const leading = lastRows(transpose(vectors), kept);
    this.#curvature = new SubspaceCurvature('low-rank', this.#options.layouts, {
      values: values.slice(values.length - kept),
      basis: combineRows(leading, this.#block),
    });
    return false;
  }

  /** Makes the product the next block; false where there is no curvature at all. */
  #advance(product: Float32Array): boolean {
    const {basis} = spectrumOfRows(product, this.#size);
    if (basis.length === 0) return false;
    this.#complete = basis.length < this.#block.length || basis.length === this.#size ** 2;
    this.#block = basis;
    this.#product = this.#productWithPrevious();
    return true;
  }

  /** What the previous curvature makes of the block, to which the data are to be added. */
  #productWithPrevious(): Float64Array {
    const {previous} = this.#options;
    if (!previous || previous.values.length === 0) return new Float64Array(this.#block.length);
    const mix = rowProducts(this.#block, previous.basis, this.#size);
    const data = mix.data.map((value, k) => value * (previous.values[k % mix.cols] as number));
    return Float64Array.from(combineRows({...mix, data}, previous.basis));
  }
}

function lastRows({rows, cols, data}: Matrix, count: number): Matrix {
  return {rows: count, cols, data: data.slice((rows - count) * cols)};
}
