import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../errors.ts';
import {countInputs, type Inputs} from '../models/inputs.ts';
import type {SubspaceStructure} from './curvature.ts';
import {checkRows, type SubspaceFitOptions, weightCount} from './subspace.ts';

/** A subset of the data, drawn once it is known how many there are, and the rows that its examples give. */
export class SubsetRows {
  /** The rows of the subset, some at a time. */
  readonly parts: Float32Array[] = [];
  /** How many numbers they are. */
  numbers = 0;
  /** Examples in the data. */
  examples = 0;
  readonly #options: SubspaceFitOptions;
  readonly #structure: SubspaceStructure;
  #indices: readonly number[] | undefined;
  #next = 0;
  #seen = 0;

  constructor(options: SubspaceFitOptions, structure: SubspaceStructure) {
    this.#options = options;
    this.#structure = structure;
  }

  /** Examples in the subset. */
  get chosen(): number {
    return this.#indices?.length ?? 0;
  }

  /** Counts examples before the choice. */
  count(examples: number): void {
    this.examples += examples;
  }

  /** Chooses among all that were counted; false where that was done before. */
  choose(): boolean {
    if (this.#indices) return false;
    const {subset, previous, rng} = this.#options;
    if (typeof subset === 'number') {
      const order =
        subset >= this.examples ? range(this.examples) : rng.fork(this.#structure).permutation(this.examples);
      this.#indices = Array.from(order.subarray(0, subset)).sort((a, b) => a - b);
      return true;
    }
    if (previous) {
      throw new ConfigError(
        'laplace.update: expected subset to be a number of examples, got indices. Indices belong to the data of fit; ' +
          'call fit(x, y) with all data.',
      );
    }
    const wrong = subset.find((index) => index >= this.examples);
    if (wrong !== undefined) {
      throw new DataError(
        `laplace: expected subset to hold indices below ${this.examples}, the number of examples, got ${wrong}.`,
      );
    }
    this.#indices = [...subset].sort((a, b) => a - b);
    return true;
  }

  /** Keeps the rows that `rowsOf` makes of the chosen ones among the next examples. */
  async collect(x: Inputs, y: tf.Tensor, rowsOf: (x: Inputs, y: tf.Tensor) => Promise<Float32Array[]>): Promise<void> {
    const indices = this.#take(countInputs(x));
    if (indices.length === 0) return;
    const part = gatherInputs(x, indices);
    const labels = tf.tidy(() => tf.gather(y, tf.tensor1d(indices, 'int32')));
    try {
      for (const rows of await rowsOf(part, labels)) {
        this.parts.push(rows);
        this.numbers += rows.length;
      }
    } finally {
      tf.dispose([part as tf.TensorContainer, labels]);
    }
    const size = weightCount(this.#options.layouts);
    checkRows(this.numbers / size, size, this.#structure, 'Choose a smaller subset.');
  }

  /** The chosen ones of the next `size` examples, counted from the first of these. */
  #take(size: number): number[] {
    const found: number[] = [];
    const chosen = this.#indices ?? [];
    while ((chosen[this.#next] ?? Infinity) < this.#seen + size) {
      found.push((chosen[this.#next++] as number) - this.#seen);
    }
    this.#seen += size;
    return found;
  }
}

function range(n: number): Uint32Array {
  return Uint32Array.from({length: n}, (_, i) => i);
}

/** Examples of `x` by their indices, in the same form. */
function gatherInputs(x: Inputs, indices: number[]): Inputs {
  return tf.tidy(() => {
    const ids = tf.tensor1d(indices, 'int32');
    const rows = (tensor: tf.Tensor): tf.Tensor => tf.gather(tensor, ids);
    if (x instanceof tf.Tensor) return rows(x);
    if (Array.isArray(x)) return x.map(rows);
    return Object.fromEntries(Object.entries(x).map(([name, tensor]) => [name, rows(tensor)]));
  });
}
