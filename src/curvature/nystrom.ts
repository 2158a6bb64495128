import * as tf from '@tensorflow/tfjs-core';
import {eigh, transpose} from '../linalg/index.ts';
import {countInputs, type Inputs} from '../models/inputs.ts';
import {addInto} from './arrays.ts';
import {type BatchSummary, forwardSummary} from './batch-loss.ts';
import type {CurvatureFit} from './curvature.ts';
import {ggnProjection} from './ggn-products.ts';
import {jacobianRows} from './jacobian-rows.ts';
import {SubsetRows} from './subset-rows.ts';
import {combineRows, SubspaceCurvature, type SubspaceFitOptions, spectrumOfRows, weightCount} from './subspace.ts';

/**
 * The curvature of all data within the leading eigenvectors V of the kernel J J^T of a subset (ELLA, Deng et al. 2022):
 *
 *     H = V^T (sum over all n of V J_n^T Lambda_n J_n V^T) V
 *
 * A first pass counts the data, a second one takes the subset and finds V, a third one adds up. With a `previous` curvature
 * its V stays, and one pass adds up.
 */
export class NystromFit implements CurvatureFit {
  readonly #options: SubspaceFitOptions;
  readonly #subset: SubsetRows;
  #basis: Float32Array | undefined;
  #projected = new Float64Array(0);
  #curvature: SubspaceCurvature | undefined;

  constructor(options: SubspaceFitOptions) {
    this.#options = options;
    this.#subset = new SubsetRows(options, 'ella');
    const {previous} = options;
    if (!previous) return;
    const {basis, values} = previous;
    this.#basis = basis;
    this.#projected = new Float64Array(values.length ** 2);
    values.forEach((value, k) => {
      this.#projected[k * values.length + k] = value;
    });
  }

  get curvature(): SubspaceCurvature {
    if (this.#curvature) return this.#curvature;
    throw new Error('NystromFit: expected all passes over the data, got fewer.');
  }

  async add(x: Inputs, y: tf.Tensor): Promise<BatchSummary> {
    const {tapped, likelihood} = this.#options;
    this.#subset.count(countInputs(x));
    if (this.#basis) await this.#project(x, y, this.#basis);
    return forwardSummary(tapped.net, likelihood, x, y);
  }

  async revisit(x: Inputs, y: tf.Tensor): Promise<void> {
    if (this.#basis) return this.#project(x, y, this.#basis);
    const {tapped, layouts} = this.#options;
    await this.#subset.collect(x, y, (part) => jacobianRows(tapped, part, weightCount(layouts), unitDirections));
  }

  async endPass(): Promise<boolean> {
    if (this.#basis) {
      this.#finish(this.#basis);
      return false;
    }
    if (this.#subset.choose()) return true;
    const {layouts, rank} = this.#options;
    const size = weightCount(layouts);
    const rows = new Float32Array(this.#subset.numbers);
    let offset = 0;
    for (const part of this.#subset.parts.splice(0)) {
      rows.set(part, offset);
      offset += part.length;
    }
    const {basis, values} = spectrumOfRows(rows, size);
    const kept = Math.min(rank, values.length);
    this.#basis = basis.slice((values.length - kept) * size);
    this.#projected = new Float64Array(kept * kept);
    return true;
  }

  async #project(x: Inputs, y: tf.Tensor, basis: Float32Array): Promise<void> {
    addInto(this.#projected, await ggnProjection(this.#options, x, y, basis));
  }

  #finish(basis: Float32Array): void {
    const size = Math.sqrt(this.#projected.length);
    const {values, vectors} = eigh({rows: size, cols: size, data: this.#projected}, {relativeFloor: 0});
    this.#curvature = new SubspaceCurvature('ella', this.#options.layouts, {
      values,
      basis: combineRows(transpose(vectors), basis),
    });
  }
}

/** Each output for itself. */
function unitDirections(outputs: tf.Tensor): tf.Tensor {
  const classes = outputs.shape.at(-1) as number;
  return tf.broadcastTo(tf.eye(classes), [...outputs.shape, classes]);
}
