import * as tf from '@tensorflow/tfjs-core';
import {countInputs, type Inputs} from '../models/inputs.ts';
import {type BatchSummary, countedRoot, forwardSummary} from './batch-loss.ts';
import type {CurvatureFit} from './curvature.ts';
import {jacobianRows} from './jacobian-rows.ts';
import {SubsetRows} from './subset-rows.ts';
import {SubspaceCurvature, type SubspaceFitOptions, spectrumOfRows, weightCount} from './subspace.ts';

/**
 * The curvature of a subset of the data, each of whose M examples counts for N / M:
 *
 *     H = N / M sum over the subset of J_n^T Lambda_n J_n
 *
 * along its eigenvectors. That is the Gaussian process with the kernel J J^T / priorPrecision given the subset, over all
 * outputs jointly (Khan et al. 2019; Immer, Korzepa and Bauer 2021), seen from weight space: the spectrum of H is that of
 * the subset's kernel matrix, from which it is found. A first pass counts the data, a second one takes the subset.
 */
export class FunctionalFit implements CurvatureFit {
  readonly #options: SubspaceFitOptions;
  readonly #subset: SubsetRows;
  #curvature: SubspaceCurvature | undefined;

  constructor(options: SubspaceFitOptions) {
    this.#options = options;
    this.#subset = new SubsetRows(options, 'functional');
  }

  get curvature(): SubspaceCurvature {
    if (this.#curvature) return this.#curvature;
    throw new Error('FunctionalFit: expected two passes over the data, got fewer.');
  }

  async add(x: Inputs, y: tf.Tensor): Promise<BatchSummary> {
    const {tapped, likelihood} = this.#options;
    this.#subset.count(countInputs(x));
    return forwardSummary(tapped.net, likelihood, x, y);
  }

  async revisit(x: Inputs, y: tf.Tensor): Promise<void> {
    const {tapped, likelihood, choice, layouts} = this.#options;
    await this.#subset.collect(x, y, (part, labels) =>
      jacobianRows(tapped, part, weightCount(layouts), (outputs, start) => {
        const some = tf.slice(labels, start, outputs.shape[0] as number);
        return countedRoot(likelihood, outputs, some, choice);
      }),
    );
  }

  async endPass(): Promise<boolean> {
    if (this.#subset.choose()) return true;
    const {layouts, previous} = this.#options;
    const size = weightCount(layouts);
    const weight = Math.sqrt(this.#subset.examples / this.#subset.chosen);
    const known = previous ? scaleRows(previous.basis, size, previous.values.map(Math.sqrt)) : new Float32Array(0);
    const rows = new Float32Array(known.length + this.#subset.numbers);
    rows.set(known);
    let offset = known.length;
    for (const part of this.#subset.parts) {
      rows.set(
        part.map((value) => value * weight),
        offset,
      );
      offset += part.length;
    }
    this.#curvature = new SubspaceCurvature('functional', layouts, spectrumOfRows(rows, size));
    return false;
  }
}

function scaleRows(rows: Float32Array, size: number, factors: Float64Array): Float32Array {
  return rows.map((value, k) => value * (factors[Math.floor(k / size)] as number));
}
