import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {type CurvatureChoice, outputRoot} from './output-root.ts';

/** Numbers in the C x C matrices that are held at once where only their sum or diagonals are wanted: 16 MiB. */
const FLOATS_AT_ONCE = 2 ** 22;

/**
 * The curvature Lambda in f of every row of a batch: all matrices, or their sum or diagonals, for which thousands of outputs
 * are no obstacle. Rows that do not count are zero.
 */
export class OutputCurvature {
  readonly #likelihood: Likelihood;
  readonly #f: tf.Tensor;
  readonly #y: tf.Tensor;
  readonly #counted: tf.Tensor1D;
  readonly #choice: CurvatureChoice;

  /** `counted` has a number for each of the M rows of f, 1 or 0. */
  constructor(
    likelihood: Likelihood,
    {f, y, counted}: {f: tf.Tensor; y: tf.Tensor; counted: tf.Tensor1D},
    choice: CurvatureChoice,
  ) {
    this.#likelihood = likelihood;
    this.#f = f;
    this.#y = y;
    this.#counted = counted;
    this.#choice = choice;
  }

  /** [M, C, C]. */
  matrices(): tf.Tensor3D {
    return tf.tidy(() => {
      const {kind} = this.#choice;
      if (kind === 'mc-fisher' || kind === 'empirical-fisher') {
        const root = this.#root();
        return tf.matMul(root, root, false, true);
      }
      const whole =
        (kind === 'hessian' && this.#likelihood.hessian?.(this.#f, this.#y)) || this.#likelihood.fisher(this.#f);
      const classes = this.#classes;
      return this.#masked(tf.reshape(whole, [-1, classes, classes]) as tf.Tensor3D);
    });
  }

  /** Their sum, [C, C]. */
  sum(): tf.Tensor2D {
    return tf.tidy(() => {
      const {kind} = this.#choice;
      if (kind === 'hessian') return tf.sum(this.matrices(), 0) as tf.Tensor2D;
      if (kind !== 'ggn') {
        const rows = tf.reshape(tf.transpose(this.#root(), [0, 2, 1]), [-1, this.#classes]) as tf.Tensor2D;
        return tf.matMul(rows, rows, true, false);
      }
      const {fisherSum} = this.#likelihood;
      if (fisherSum) return fisherSum(this.#rows, this.#counted);
      return tf.addN(this.#fewRows((matrices) => tf.sum(matrices, 0))) as tf.Tensor2D;
    });
  }

  /** Their diagonals, [M, C]. */
  diagonal(): tf.Tensor2D {
    return tf.tidy(() => {
      const {kind} = this.#choice;
      const diagonalOf = (matrices: tf.Tensor): tf.Tensor => tf.sum(tf.mul(matrices, tf.eye(this.#classes)), 2);
      if (kind === 'hessian') return diagonalOf(this.matrices()) as tf.Tensor2D;
      if (kind !== 'ggn') return tf.sum(tf.square(this.#root()), 2) as tf.Tensor2D;
      const {fisherDiagonal} = this.#likelihood;
      if (fisherDiagonal) {
        return tf.mul(fisherDiagonal(this.#rows), tf.expandDims(this.#counted, 1)) as tf.Tensor2D;
      }
      return tf.concat(this.#fewRows(diagonalOf)) as tf.Tensor2D;
    });
  }

  get #classes(): number {
    return this.#f.shape.at(-1) as number;
  }

  get #rows(): tf.Tensor2D {
    return tf.reshape(this.#f, [-1, this.#classes]);
  }

  /** Gradients at the labels, [M, C, R]. */
  #root(): tf.Tensor3D {
    const root = outputRoot(this.#likelihood, this.#f, this.#y, this.#choice);
    return this.#masked(tf.reshape(root, [this.#counted.size, this.#classes, -1]) as tf.Tensor3D);
  }

  #masked(rows: tf.Tensor3D): tf.Tensor3D {
    return tf.mul(rows, tf.reshape(this.#counted, [-1, 1, 1]));
  }

  /** What `use` makes of the Fisher matrices, as many rows at once as memory allows. */
  #fewRows(use: (matrices: tf.Tensor3D) => tf.Tensor): tf.Tensor[] {
    const rows = this.#rows;
    const step = Math.max(1, Math.floor(FLOATS_AT_ONCE / this.#classes ** 2));
    return Array.from({length: Math.ceil(this.#counted.size / step)}, (_, k) =>
      tf.tidy(() => {
        const size = Math.min(step, this.#counted.size - k * step);
        const few = this.#likelihood.fisher(tf.slice(rows, [k * step, 0], [size, -1])) as tf.Tensor3D;
        return use(tf.mul(few, tf.reshape(tf.slice(this.#counted, k * step, size), [-1, 1, 1])));
      }),
    );
  }
}
