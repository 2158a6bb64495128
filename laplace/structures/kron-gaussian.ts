import * as tf from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../../src/curvature/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {type Matrix, matMul, type SymmetricEigen, transpose} from '../../src/linalg/index.ts';
import type {TappedWeight} from '../../src/models/taps.ts';
import type {Rng} from '../../src/random/rng.ts';
import {type KronTensors, kronWhitener} from './kron-whitener.ts';
import type {PrecisionTerms, WeightGaussian, Whitener} from './structure.ts';

/** One group of a weight's block: the eigendecompositions of its input and output factors. */
export interface KronGroup {
  /** Eigenvalues of the mean input moments, and their eigenvectors; none where the factor is diagonal already. */
  readonly inputs: {readonly values: Float64Array; readonly vectors?: Matrix};
  /** Those of the summed moments of the gradients. */
  readonly outputs: SymmetricEigen;
  /** Whether the prior is added to each factor: see {@link blockPrecision}. */
  readonly damped: boolean;
}

/**
 * The posterior precision where the input factor has the eigenvalue `a` and the output factor `b`: scale a b + prior, or
 * damped (sqrt(scale) a + sqrt(prior)) (sqrt(scale) b + sqrt(prior)).
 */
export function blockPrecision(a: number, b: number, {scale, prior, damped}: BlockTerms): number {
  if (!damped) return scale * a * b + prior;
  const [s, p] = [Math.sqrt(scale), Math.sqrt(prior)];
  return (s * a + p) * (s * b + p);
}

/** What a block's precision is made of beside its curvature. */
export interface BlockTerms {
  readonly scale: number;
  readonly prior: number;
  readonly damped: boolean;
}

/** A zero-mean Gaussian over the weights, independent in the eigenbasis of each Kronecker block. */
export class KronGaussian implements WeightGaussian {
  readonly #layouts: readonly WeightLayout[];
  readonly #blocks: readonly (readonly KronGroup[])[];
  /** Standard deviations in the eigenbasis: for each weight, for each group, [inputs, outputs]. */
  readonly #deviations: readonly (readonly Matrix[])[];
  readonly #weights: readonly KronTensors[];
  readonly tensors: readonly tf.Tensor[];

  constructor(layouts: readonly WeightLayout[], blocks: readonly (readonly KronGroup[])[], terms: PrecisionTerms) {
    this.#layouts = layouts;
    this.#blocks = blocks;
    this.#deviations = blocks.map((groups, i) =>
      groups.map((group) => deviations(group, terms.scale, scalarPrior(terms, i))),
    );
    this.#weights = layouts.map((_, i) => toTensors(blocks[i] ?? [], this.#deviations[i] ?? []));
    this.tensors = this.#weights.flatMap(({inputVectors, outputVectors, deviations}) => [
      ...(inputVectors ? [inputVectors] : []),
      outputVectors,
      deviations,
    ]);
  }

  whitener(weights: readonly TappedWeight[], options: {joint?: boolean} = {}): Whitener {
    const whiten = weights.map(({factor}, i) => kronWhitener(factor, this.#weights[i] as KronTensors, options));
    return (gradients) => whiten.map((one, i) => one(gradients[i] as tf.Tensor));
  }

  lastLayerCovariance(features: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => {
      const [kernel, bias] = this.#weights as [KronTensors, KronTensors | undefined];
      const outputs = tf.squeeze(kernel.outputVectors, [0]) as tf.Tensor2D; // [C, C]
      const classes = outputs.shape[0];
      const widths = outputWidths(kernel, features);
      const scaled = tf.mul(outputs, tf.expandDims(widths, 1)); // [M, C, C]
      const covariance = tf.reshape(tf.matMul(tf.reshape(scaled, [-1, classes]) as tf.Tensor2D, outputs, false, true), [
        -1,
        classes,
        classes,
      ]);
      if (!bias) return covariance as tf.Tensor3D;
      const root = tf.mul(tf.squeeze(bias.outputVectors, [0]), tf.squeeze(bias.deviations, [0])) as tf.Tensor2D;
      return tf.add(covariance, tf.matMul(root, root, false, true)) as tf.Tensor3D;
    });
  }

  lastLayerVariance(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const [kernel, bias] = this.#weights as [KronTensors, KronTensors | undefined];
      const squares = tf.square(tf.squeeze(kernel.outputVectors, [0])) as tf.Tensor2D;
      const variance: tf.Tensor2D = tf.matMul(outputWidths(kernel, features), squares, false, true);
      if (!bias) return variance;
      const root = tf.mul(tf.squeeze(bias.outputVectors, [0]), tf.squeeze(bias.deviations, [0]));
      return tf.add(variance, tf.sum(tf.square(root), 1)) as tf.Tensor2D;
    });
  }

  sample(rng: Rng): Float64Array {
    return this.#assemble((i, k) => {
      const deviation = this.#deviations[i]?.[k] as Matrix;
      const normals = rng.normals(deviation.data.length);
      const data = deviation.data.map((sd, j) => sd * (normals[j] as number));
      return this.#rotate(i, k, {...deviation, data}, (vectors) => vectors);
    });
  }

  variances(): Float64Array {
    return this.#assemble((i, k) => {
      const deviation = this.#deviations[i]?.[k] as Matrix;
      const squares = {...deviation, data: deviation.data.map((sd) => sd * sd)};
      return this.#rotate(i, k, squares, (vectors) => ({...vectors, data: vectors.data.map((q) => q * q)}));
    });
  }

  /** f(Q_inputs) middle f(Q_outputs)^T. */
  #rotate(i: number, k: number, middle: Matrix, f: (vectors: Matrix) => Matrix): Matrix {
    const {inputs, outputs} = (this.#blocks[i] as readonly KronGroup[])[k] as KronGroup;
    const left = inputs.vectors ? matMul(f(inputs.vectors), middle) : middle;
    return matMul(left, transpose(f(outputs.vectors)));
  }

  /** The flat vector from each group's [inputs, outputs] matrix; a weight is laid out [inputs, groups, outputs]. */
  #assemble(block: (i: number, k: number) => Matrix): Float64Array {
    const flat = new Float64Array(this.#layouts.reduce((sum, {size}) => sum + size, 0));
    let offset = 0;
    this.#layouts.forEach(({size, inputs, groups, outputs}, i) => {
      for (let k = 0; k < groups; k++) {
        const {data} = block(i, k);
        for (let row = 0; row < inputs; row++) {
          flat.set(data.subarray(row * outputs, (row + 1) * outputs), offset + (row * groups + k) * outputs);
        }
      }
      offset += size;
    });
    return flat;
  }
}

/** Variances of a last layer's outputs in the eigenbasis of its output factor, [M, C]. */
function outputWidths(kernel: KronTensors, features: tf.Tensor2D): tf.Tensor2D {
  const rotated = tf.matMul(features, tf.squeeze(kernel.inputVectors as tf.Tensor3D, [0]) as tf.Tensor2D);
  return tf.matMul(tf.square(rotated), tf.square(tf.squeeze(kernel.deviations, [0]) as tf.Tensor2D));
}

function deviations({inputs, outputs, damped}: KronGroup, scale: number, prior: number): Matrix {
  const data = new Float64Array(inputs.values.length * outputs.values.length);
  let next = 0;
  for (const a of inputs.values) {
    for (const b of outputs.values) data[next++] = 1 / Math.sqrt(blockPrecision(a, b, {scale, prior, damped}));
  }
  return {rows: inputs.values.length, cols: outputs.values.length, data};
}

function toTensors(groups: readonly KronGroup[], blockDeviations: readonly Matrix[]): KronTensors {
  const inputVectors = groups.flatMap(({inputs}) => inputs.vectors ?? []);
  return {
    ...(inputVectors.length > 0 && {inputVectors: stack(inputVectors)}),
    outputVectors: stack(groups.map(({outputs}) => outputs.vectors)),
    deviations: stack(blockDeviations),
  };
}

function stack(matrices: readonly Matrix[]): tf.Tensor3D {
  const [first] = matrices;
  const {rows, cols} = first as Matrix;
  const data = new Float32Array(matrices.length * rows * cols);
  matrices.forEach((matrix, k) => {
    data.set(matrix.data, k * rows * cols);
  });
  return tf.tensor3d(data, [matrices.length, rows, cols]);
}

/** The prior precision of weight tensor i; throws `ConfigError` where each of its weights has its own. */
export function scalarPrior({prior}: PrecisionTerms, i: number): number {
  const p = prior[i];
  if (typeof p !== 'number') {
    throw new ConfigError(
      `laplace: expected one priorPrecision for each weight tensor with structure 'kron', got one for each weight. ` +
        `Use structure 'full' or 'diag' for a prior precision of each weight.`,
    );
  }
  return p;
}
