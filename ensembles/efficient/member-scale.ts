import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Activation} from '../../src/models/tap-rules/activation.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {checkPositive} from '../checks.ts';
import {
  activationNamed,
  type CallInputs,
  firstInput,
  initializeBy,
  lastAxis,
  MemberLayer,
  type MemberLayerOptions,
} from './member-layer.ts';
import {withMembers} from './rows.ts';

/** Gaussian factors of a rank-1 net. */
export interface FactorSpread {
  /** Number of training examples: what the KL divergence is divided by. */
  readonly trainSize: number;
  /** Standard deviation of the prior N(1, priorScale^2) of each factor. Default 0.1. */
  readonly priorScale?: number;
  /** Standard deviation that each factor starts with. Default 0.05. */
  readonly initialScale?: number;
  /** Factor of the KL divergence. Default 1. */
  readonly klWeight?: number;
}

/** Where factors start: all at 1, at random signs, or normal about 1 with that standard deviation. */
export type FactorStart = 'ones' | 'signs' | number;

/** Options of {@link memberScale}. */
export interface MemberScaleOptions extends MemberLayerOptions {
  /** Where the factors start. Default `'ones'`. */
  start?: FactorStart;
  /** Whether each member adds a bias of its own. Default false. */
  useBias?: boolean;
  /** Name of the activation at the end. Default `'linear'`. */
  activation?: string;
  /** Makes the factors Gaussian. Default: points. */
  spread?: FactorSpread;
  /** Seed of the start and of the noise; with the layer's name, it decides both. Default 0. */
  seed?: number;
}

/** The layer that {@link memberScale} makes. */
export class MemberScale extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesMemberScale';
  /** Factors that take the place of the layer's own for a while. @internal */
  readonly drawn: tf.Tensor | undefined;
  readonly #options: MemberScaleOptions;
  readonly #activation: Activation;
  #scale: tfl.LayerVariable | undefined;
  #rho: tfl.LayerVariable | undefined;
  #bias: tfl.LayerVariable | undefined;
  #passes = 0;

  constructor(options: MemberScaleOptions) {
    super(options, 'memberScale');
    const {start = 'ones', spread, activation = 'linear'} = options;
    if (start !== 'ones' && start !== 'signs' && !(typeof start === 'number' && start >= 0 && Number.isFinite(start))) {
      throw new ConfigError(
        `memberScale: expected start to be 'ones', 'signs' or a standard deviation, got ${start}. Leave it out for 'ones'.`,
      );
    }
    this.#options = options;
    this.#activation = activationNamed(activation);
    if (!spread) return;
    const {trainSize, priorScale = 0.1, initialScale = 0.05, klWeight = 1} = spread;
    for (const [name, value] of Object.entries({trainSize, priorScale, initialScale})) {
      checkPositive(value, name, 'memberScale');
    }
    if (!(klWeight >= 0)) throw new ConfigError(`memberScale: expected klWeight from 0, got ${klWeight}. Pass 1.`);
    this.addLoss(() => this.#penalty(trainSize / klWeight, priorScale));
  }

  /** The factors' means, [M, C]. @internal */
  get scale(): tfl.LayerVariable {
    return this.#scale as tfl.LayerVariable;
  }

  /** The members' biases, [M, C], where they have any. @internal */
  get bias(): tfl.LayerVariable | undefined {
    return this.#bias;
  }

  /** Whether the factors are Gaussian. @internal */
  get isRandom(): boolean {
    return this.#options.spread !== undefined;
  }

  /** One draw of all members' factors, [M, C]; the caller disposes it. @internal */
  drawFactors(rng: Rng): tf.Tensor {
    return tf.tidy(() => {
      const mean = this.scale.read();
      return tf.add(mean, tf.mul(this.#deviation(), normalTensor(rng, mean.shape)));
    });
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = [this.members, lastAxis(inputShape, 'memberScale')];
    const {start = 'ones', spread, useBias = false} = this.#options;
    const rng = this.#rng();
    this.#scale = this.addWeight(
      'scale',
      shape,
      'float32',
      initializeBy((of) => startAt(start, of, rng.fork('start'))),
    );
    if (spread) {
      const rho = Math.log(Math.expm1(spread.initialScale ?? 0.05));
      this.#rho = this.addWeight('rho', shape, 'float32', tfl.initializers.constant({value: rho}));
    }
    if (useBias) this.#bias = this.addWeight('bias', shape, 'float32', tfl.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const x = firstInput(inputs);
    return tf.tidy(() => {
      const scaled = withMembers(tf.mul, x, this.#factors(kwargs.training === true));
      return this.#activation.apply(this.#bias ? withMembers(tf.add, scaled, this.#bias.read()) : scaled);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {start = 'ones', useBias = false, activation = 'linear', spread, seed = 0} = this.#options;
    const settings = {start, useBias, activation, seed, ...(spread && {spread: {...spread}})};
    return {...super.getConfig(), ...settings};
  }

  #factors(training: boolean): tf.Tensor {
    if (this.drawn) return this.drawn;
    if (!training || !this.isRandom) return this.scale.read();
    return this.drawFactors(
      this.#rng()
        .fork('noise')
        .fork(this.#passes++),
    );
  }

  #deviation(): tf.Tensor {
    return tf.softplus((this.#rho as tfl.LayerVariable).read());
  }

  /** Mean over the members of KL(N(scale, deviation^2) || N(1, priorScale^2)), in parts where the model calls the layer often. */
  #penalty(trainSize: number, priorScale: number): tf.Scalar {
    return tf.tidy(() => {
      if (!this.trainable) return tf.scalar(0);
      const ratio = tf.div(this.#deviation(), priorScale);
      const shift = tf.div(tf.sub(this.scale.read(), 1), priorScale);
      const each = tf.sub(tf.mul(0.5, tf.sub(tf.add(tf.square(ratio), tf.square(shift)), 1)), tf.log(ratio));
      const calls = Math.max(1, this.inboundNodes.length);
      return tf.div<tf.Scalar>(tf.sum(each), this.members * trainSize * calls);
    });
  }

  #rng(): Rng {
    return createRng(this.#options.seed ?? 0).fork(this.name);
  }
}
tf.serialization.registerClass(MemberScale);

function startAt(start: FactorStart, shape: number[], rng: Rng): tf.Tensor {
  if (start === 'ones') return tf.ones(shape);
  if (start !== 'signs') return tf.tidy(() => tf.add(tf.mul(normalTensor(rng, shape), start), 1));
  const uniforms = rng.uniforms(tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(uniforms, (u) => (u < 0.5 ? -1 : 1)),
    shape,
  );
}

/**
 * Multiplies each channel by a factor of the row's member: what BatchEnsemble (Wen, Tran and Ba 2020) puts before and behind a
 * layer whose kernel all members share.
 *
 *     y_j = activation(x_j * scale_m + bias_m),   m = j mod M
 *
 * Around a Dense layer or convolution without bias, two of these give member m the kernel `W * (r_m s_m^T)`. With `spread` the
 * factors are Gaussian (rank-1 nets; Dusenberry et al. 2020): drawn anew for each member at each call in training, their means
 * otherwise, and the layer adds `1/M sum_m KL(q_m || N(1, priorScale^2)) / trainSize` to the loss. Inputs and outputs [N, ..., C],
 * channels last.
 *
 * @param options.members Number M of members.
 * @param options.start Where factors start. Default `'ones'`; `'signs'` makes members that start far apart.
 * @param options.useBias Whether each member has a bias, starting at 0. Default false.
 * @param options.activation Name of an activation of tfjs. Default `'linear'`.
 * @param options.spread Makes the factors Gaussian. Default: points.
 * @param options.seed Seed of the start and of the noise. Default 0.
 * @throws ConfigError for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {memberScale} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const layer = memberScale({members: 2, start: 0.5, useBias: true});
 * const y = layer.apply(tf.ones([4, 3])) as tf.Tensor; // rows 0 and 2 are the first member's, 1 and 3 the second's
 * console.log(y.shape, layer.countParams()); // [4, 3] 12
 * ```
 */
export function memberScale(options: MemberScaleOptions): MemberScale {
  return new MemberScale(options);
}
