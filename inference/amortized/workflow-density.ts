import * as tf from '@tensorflow/tfjs-core';
import type {Evaluated} from '../mcmc/target.ts';
import {type DataSets, mapTensors} from './simulator.ts';

/** Rows of theta in one tensor pass: larger tensors leave the processor's cache. */
const ROWS = 4096;

/**
 * The posterior of any data set: a {@link Model} whose `observe` or `factor` takes its data from the argument, or a density
 * written by hand.
 */
export interface WorkflowModel {
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /**
   * log p(theta, data) in unconstrained space at S points, [S], in nats, differentiable.
   *
   * @param theta the points, [S, D].
   * @param data one data set, without the axis of data sets; always given.
   */
  logDensity(theta: tf.Tensor2D, data?: DataSets): tf.Tensor1D;
  /**
   * The summands of `logDensity`, [S, M], which are then added in float64.
   *
   * @param theta the points, [S, D].
   * @param data one data set, without the axis of data sets; always given.
   */
  logDensityTerms?(theta: tf.Tensor2D, data?: DataSets): tf.Tensor2D;
}

/** Points of one data set whose density is asked for. */
export interface DensityRequest {
  readonly dataSet: number;
  /** Row after row of theta. */
  readonly points: Float32Array;
}

/** Rows of one request that share a tensor pass with rows of others. */
interface Piece {
  readonly request: number;
  readonly from: number;
  readonly to: number;
}

/** Evaluates a model's density for points of several data sets in as few tensor passes as the model allows. */
export class WorkflowDensity {
  readonly #model: WorkflowModel;
  readonly #dataSets: DataSets;
  readonly #paired: boolean;

  /** `paired`: the model also takes a data set for each point, [S, ...]. */
  constructor(model: WorkflowModel, dataSets: DataSets, paired: boolean) {
    this.#model = model;
    this.#dataSets = dataSets;
    this.#paired = paired;
  }

  /** The log densities of each request; NaN counts as -Infinity. */
  async values(requests: readonly DensityRequest[]): Promise<Float64Array[]> {
    const found = requests.map(({points}) => new Float64Array(points.length / this.#model.dimension));
    for (const pieces of this.#passes(requests)) {
      const terms = tf.tidy(() => this.#terms(this.#points(requests, pieces), this.#dataOf(requests, pieces)));
      const sums = await sumRows(terms);
      tf.dispose(terms);
      let row = 0;
      for (const {request, from, to} of pieces) {
        found[request]?.set(sums.subarray(row, row + to - from), from);
        row += to - from;
      }
    }
    return found;
  }

  /** The log densities and gradients of each request. */
  async gradients(requests: readonly DensityRequest[]): Promise<Evaluated[][]> {
    const {dimension} = this.#model;
    const found: Evaluated[][] = requests.map(() => []);
    for (const pieces of this.#passes(requests)) {
      let kept: tf.Tensor2D | undefined;
      const slopes = tf.tidy(() => {
        const data = this.#dataOf(requests, pieces);
        return tf.grad((theta: tf.Tensor) => {
          kept = tf.keep(this.#terms(theta as tf.Tensor2D, data));
          return tf.sum(kept);
        })(this.#points(requests, pieces));
      });
      const terms = kept as unknown as tf.Tensor2D;
      const [sums, gradient] = await Promise.all([sumRows(terms), slopes.data()]);
      tf.dispose([terms, slopes]);
      let row = 0;
      for (const {request, from, to} of pieces) {
        for (let i = from; i < to; i++, row++) {
          const at = gradient.subarray(row * dimension, (row + 1) * dimension);
          found[request]?.push({logDensity: sums[row] as number, gradient: new Float64Array(at)});
        }
      }
    }
    return found;
  }

  /** Requests cut into pieces of at most ROWS rows, and these gathered into passes of as many. */
  #passes(requests: readonly DensityRequest[]): Piece[][] {
    const pieces = requests.flatMap(({points}, request) => {
      const rows = points.length / this.#model.dimension;
      return Array.from({length: Math.ceil(rows / ROWS)}, (_, i) => ({
        request,
        from: i * ROWS,
        to: Math.min((i + 1) * ROWS, rows),
      }));
    });
    if (!this.#paired) return pieces.map((piece) => [piece]);
    const passes: Piece[][] = [];
    let room = 0;
    for (const piece of pieces) {
      const rows = piece.to - piece.from;
      if (rows > room) {
        passes.push([]);
        room = ROWS;
      }
      passes.at(-1)?.push(piece);
      room -= rows;
    }
    return passes;
  }

  #points(requests: readonly DensityRequest[], pieces: readonly Piece[]): tf.Tensor2D {
    const {dimension} = this.#model;
    const parts = pieces.map(({request, from, to}) =>
      (requests[request] as DensityRequest).points.subarray(from * dimension, to * dimension),
    );
    const flat = new Float32Array(parts.reduce((sum, {length}) => sum + length, 0));
    let offset = 0;
    for (const part of parts) {
      flat.set(part, offset);
      offset += part.length;
    }
    return tf.tensor2d(flat, [flat.length / dimension, dimension]);
  }

  /** A data set for each row of the pieces, or the one that they all belong to. */
  #dataOf(requests: readonly DensityRequest[], pieces: readonly Piece[]): DataSets {
    const dataSetOf = ({request}: Piece) => (requests[request] as DensityRequest).dataSet;
    const [first] = pieces as [Piece];
    if (pieces.every((piece) => dataSetOf(piece) === dataSetOf(first))) {
      return mapTensors(this.#dataSets, (sets) => tf.squeeze(tf.slice(sets, dataSetOf(first), 1), [0]));
    }
    const rows = pieces.flatMap((piece) => new Array<number>(piece.to - piece.from).fill(dataSetOf(piece)));
    const index = tf.tensor1d(rows, 'int32');
    return mapTensors(this.#dataSets, (sets) => tf.gather(sets, index));
  }

  #terms(theta: tf.Tensor2D, data: DataSets): tf.Tensor2D {
    return this.#model.logDensityTerms?.(theta, data) ?? tf.expandDims(this.#model.logDensity(theta, data), 1);
  }
}

/** The sum of each row in float64. */
async function sumRows(terms: tf.Tensor2D): Promise<Float64Array> {
  const [rows, width] = terms.shape;
  const values = await terms.data();
  return Float64Array.from({length: rows}, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += values[i] as number;
    return Number.isNaN(sum) ? -Infinity : sum;
  });
}
