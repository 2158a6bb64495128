import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {Activation} from '../../src/models/tap-rules/activation.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkCount} from '../checks.ts';
import {
  activationNamed,
  type CallInputs,
  firstInput,
  firstShape,
  initializeBy,
  lastAxis,
  MemberLayer,
  type MemberLayerOptions,
} from './member-layer.ts';
import {swapFirst} from './rows.ts';

/** Options that packed layers share. */
export interface PackedLayerOptions extends MemberLayerOptions {
  /** Name of the activation. Default `'linear'`. */
  activation?: string;
  /** Whether there are biases, starting at 0. Default true. */
  useBias?: boolean;
  /** Seed of the kernels; with the layer's name, it decides them. Default 0. */
  seed?: number;
}

/** Options of {@link packedDense}. */
export interface PackedDenseOptions extends PackedLayerOptions {
  /** Number of outputs of each member. */
  units: number;
}

/** Options of {@link packedConv}. */
export interface PackedConvOptions extends PackedLayerOptions {
  /** Number of filters of each member. */
  filters: number;
  /** Size of the kernel along each axis: one number for sequences, two for images. */
  kernelSize: number[];
  /** Steps along each axis. Default 1. */
  strides?: number[];
  /** Whether the edges are filled with zeros. Default `'valid'`. */
  padding?: 'valid' | 'same';
  /** Distance between what the kernel sees along each axis. Default 1. */
  dilationRate?: number[];
}

/** A layer whose channels belong to members, with a kernel for each. */
export abstract class PackedLayer extends MemberLayer {
  /** @internal */
  protected readonly settings: PackedLayerOptions;
  /** @internal */
  protected readonly activation: Activation;
  #kernel: tfl.LayerVariable | undefined;
  #bias: tfl.LayerVariable | undefined;

  constructor(options: PackedLayerOptions, caller: string) {
    super(options, caller);
    this.settings = options;
    this.activation = activationNamed(options.activation ?? 'linear');
  }

  /** The kernels, [M, ..., D, H]. @internal */
  protected get kernel(): tf.Tensor {
    return (this.#kernel as tfl.LayerVariable).read();
  }

  /** The biases, [M, H], where there are any. @internal */
  protected get bias(): tf.Tensor | undefined {
    return this.#bias?.read();
  }

  /** @internal */
  protected buildKernel(inputShape: tfl.Shape | tfl.Shape[], window: readonly number[], outputs: number): void {
    const wide = lastAxis(inputShape, this.getClassName());
    const {members} = this;
    if (wide % members !== 0) {
      throw new ConfigError(
        `${this.getClassName()}: expected a last axis that ${members} members share, got ${wide}. Pack the inputs with packMembers.`,
      );
    }
    const {useBias = true, seed = 0} = this.settings;
    const each = [...window, wide / members, outputs];
    const rng = createRng(seed).fork(this.name);
    const initial = initializeBy(() => tf.tidy(() => tf.stack(ownKernels(members, each, rng))));
    this.#kernel = this.addWeight('kernel', [members, ...each], 'float32', initial);
    if (useBias) this.#bias = this.addWeight('bias', [members, outputs], 'float32', tfl.initializers.zeros());
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {activation = 'linear', useBias = true, seed = 0} = this.settings;
    return {...super.getConfig(), activation, useBias, seed};
  }
}

/** Kernels as tfjs starts them by default, each member's its own. */
function ownKernels(members: number, shape: number[], rng: Rng): tf.Tensor[] {
  return Array.from(rng.uniforms(members), (uniform) =>
    tfl.initializers.glorotNormal({seed: Math.floor(uniform * 2 ** 31)}).apply(shape),
  );
}

/** The layer that {@link packedDense} makes. */
export class PackedDense extends PackedLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesPackedDense';
  readonly #units: number;

  constructor(options: PackedDenseOptions) {
    super(options, 'packedDense');
    this.#units = checkCount(options.units, 'units', 1, 'packedDense');
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    this.buildKernel(inputShape, [], this.#units);
    super.build(inputShape);
  }

  override call(inputs: CallInputs): tf.Tensor {
    const x = firstInput(inputs);
    const {members, kernel, bias} = this;
    return tf.tidy(() => {
      const grouped = swapFirst(tf.reshape(x, [-1, members, kernel.shape[1] as number]));
      const product = tf.matMul(grouped as tf.Tensor3D, kernel as tf.Tensor3D);
      const outputs = this.activation.apply(bias ? tf.add(product, tf.expandDims(bias, 1)) : product);
      return tf.reshape(swapFirst(outputs), [...x.shape.slice(0, -1), members * this.#units]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [...firstShape(inputShape).slice(0, -1), this.members * this.#units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), units: this.#units};
  }
}
tf.serialization.registerClass(PackedDense);

/** The layer that {@link packedConv} makes. */
export class PackedConv extends PackedLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesPackedConv';
  readonly #options: Required<
    Pick<PackedConvOptions, 'filters' | 'kernelSize' | 'strides' | 'padding' | 'dilationRate'>
  >;

  constructor(options: PackedConvOptions) {
    super(options, 'packedConv');
    const {filters, kernelSize, padding = 'valid'} = options;
    checkCount(filters, 'filters', 1, 'packedConv');
    const axes = kernelSize?.length;
    if (axes !== 1 && axes !== 2) {
      throw new ConfigError(
        `packedConv: expected kernelSize with one number for sequences or two for images, got [${kernelSize}]. Pass [3, 3], for example.`,
      );
    }
    if (padding !== 'valid' && padding !== 'same') {
      throw new ConfigError(`packedConv: expected padding 'valid' or 'same', got '${padding}'. Take another.`);
    }
    const ones = kernelSize.map(() => 1);
    const {strides = ones, dilationRate = ones} = options;
    this.#options = {filters, kernelSize, padding, strides, dilationRate};
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    this.buildKernel(inputShape, this.#options.kernelSize, this.#options.filters);
    super.build(inputShape);
  }

  override call(inputs: CallInputs): tf.Tensor {
    const x = firstInput(inputs);
    const {members, bias} = this;
    return tf.tidy(() => {
      const kernels = tf.unstack(this.kernel);
      const biases = bias && tf.unstack(bias);
      const parts = tf.split(x, members, -1).map((part, m) => {
        const product = this.#convolve(part, kernels[m] as tf.Tensor);
        return this.activation.apply(biases ? tf.add(product, biases[m] as tf.Tensor) : product);
      });
      return tf.concat(parts, -1);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [rows, ...rest] = firstShape(inputShape);
    const {filters, kernelSize, strides, padding, dilationRate} = this.#options;
    const places = rest.slice(0, -1).map((size, i) => {
      if (typeof size !== 'number') return null;
      const [step, reach] = [strides[i] as number, ((kernelSize[i] as number) - 1) * (dilationRate[i] as number)];
      return Math.ceil((padding === 'same' ? size : size - reach) / step);
    });
    return [rows as number, ...places, this.members * filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), ...this.#options};
  }

  #convolve(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const {strides, padding, dilationRate} = this.#options;
    if (strides.length === 1) {
      const [step, reach] = [strides[0] as number, dilationRate[0] as number];
      return tf.conv1d(x as tf.Tensor3D, kernel as tf.Tensor3D, step, padding, 'NWC', reach);
    }
    const two = (pair: number[]): [number, number] => [pair[0] as number, pair[1] as number];
    return tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, two(strides), padding, 'NHWC', two(dilationRate));
  }
}
tf.serialization.registerClass(PackedConv);

/**
 * A Dense layer for each member side by side (packed ensembles; Laurent et al. 2023): a product with a block-diagonal kernel.
 *
 *     y_m = activation(x_m kernel_m + bias_m),   x = [x_1 ... x_M] along the last axis
 *
 * Inputs [G, ..., M D] as {@link packMembers} makes them, outputs [G, ..., M units].
 *
 * @param options.members Number M of members.
 * @param options.units Number of outputs of each.
 * @param options.activation Name of the activation. Default `'linear'`.
 * @param options.useBias Whether there are biases. Default true.
 * @param options.seed Seed of the kernels. Default 0.
 * @throws ConfigError for options or inputs that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {packedDense} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const layer = packedDense({members: 2, units: 3, activation: 'relu'});
 * const y = layer.apply(tf.ones([5, 8])) as tf.Tensor; // four inputs of each member
 * console.log(y.shape, layer.countParams()); // [5, 6] 30
 * ```
 */
export function packedDense(options: PackedDenseOptions): PackedDense {
  return new PackedDense(options);
}

/**
 * A convolution for each member side by side: a grouped convolution of sequences or images, channels last.
 *
 * Inputs [G, ..., M D] as {@link packMembers} makes them, outputs [G, ..., M filters].
 *
 * @param options.members Number M of members.
 * @param options.filters Number of filters of each.
 * @param options.kernelSize Size of the kernel along each axis: one number or two.
 * @param options.strides Steps along each axis. Default 1.
 * @param options.padding `'valid'` or `'same'`. Default `'valid'`.
 * @param options.dilationRate Distance between what the kernel sees. Default 1.
 * @param options.activation Name of the activation. Default `'linear'`.
 * @param options.useBias Whether there are biases. Default true.
 * @param options.seed Seed of the kernels. Default 0.
 * @throws ConfigError for options or inputs that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {packedConv} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const y = packedConv({members: 2, filters: 3, kernelSize: [3, 3]}).apply(tf.ones([1, 8, 8, 4])) as tf.Tensor;
 * console.log(y.shape); // [1, 6, 6, 6]
 * ```
 */
export function packedConv(options: PackedConvOptions): PackedConv {
  return new PackedConv(options);
}
