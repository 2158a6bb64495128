import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {normalTensor} from '../../src/backend/index.ts';
import {createRng} from '../../src/random/index.ts';
import {checkCount} from '../checks.ts';
import {
  type CallInputs,
  firstInput,
  firstShape,
  initializeBy,
  lastAxis,
  MemberLayer,
  type MemberLayerOptions,
} from './member-layer.ts';
import {ownership} from './rows.ts';

/** Options of {@link memberHeads}. */
export interface MemberHeadsOptions extends MemberLayerOptions {
  /** Number C of outputs of each head. */
  units: number;
  /** Whether the heads have biases. Default true. */
  useBias?: boolean;
  /** Seed of the start; with the layer's name, it decides it. Default 0. */
  seed?: number;
}

/** The layer that {@link memberHeads} makes. */
export class MemberHeads extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesMemberHeads';
  /** Number C of outputs of each head. */
  readonly units: number;
  readonly #useBias: boolean;
  readonly #seed: number;
  #kernel: tfl.LayerVariable | undefined;
  #bias: tfl.LayerVariable | undefined;

  constructor(options: MemberHeadsOptions) {
    super(options, 'memberHeads');
    const {units, useBias = true, seed = 0} = options;
    this.units = checkCount(units, 'units', 1, 'memberHeads');
    this.#useBias = useBias;
    this.#seed = seed;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const size = lastAxis(inputShape, 'memberHeads');
    const initial = initializeBy((shape) =>
      tf.tidy(() => {
        const rng = createRng(this.#seed).fork(this.name);
        return tf.mul(normalTensor(rng, shape as never) as tf.Tensor, Math.sqrt(2 / (size + this.units)));
      }),
    );
    const outputs = this.members * this.units;
    this.#kernel = this.addWeight('kernel', [size, outputs], 'float32', initial);
    if (this.#useBias) this.#bias = this.addWeight('bias', [outputs], 'float32', tfl.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const x = firstInput(inputs);
    const {members, units} = this;
    return tf.tidy(() => {
      const kernel = (this.#kernel as tfl.LayerVariable).read() as tf.Tensor2D;
      const product = tf.matMul(tf.reshape(x, [-1, kernel.shape[0]]) as tf.Tensor2D, kernel);
      const all = this.#bias ? tf.add(product, this.#bias.read()) : product;
      const [rows, ...places] = x.shape.slice(0, -1) as [number, ...number[]];
      const heads = tf.reshape(all, [rows, tf.util.sizeFromShape(places), members, units]);
      if (kwargs.training !== true) {
        return tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [rows * members, ...places, units]);
      }
      const own = tf.reshape(ownership(rows, members), [rows, 1, members, 1]);
      return tf.reshape(tf.sum(tf.mul(heads, own), 2), [rows, ...places, units]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [...firstShape(inputShape).slice(0, -1), this.units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), units: this.units, useBias: this.#useBias, seed: this.#seed};
  }
}
tf.serialization.registerClass(MemberHeads);

/**
 * Several linear heads on one trunk: in training row j goes through head j mod M, in inference every row through all of them.
 *
 *     training:   f_j = x_j kernel_m + bias_m,   m = j mod M
 *     inference:  f_{i M + m} = x_i kernel_m + bias_m
 *
 * A Dense layer without activation; {@link meanOfMembers} goes behind it, and no {@link repeatMembers} before. Inputs [N, ..., D],
 * outputs [N, ..., units] in training and [N M, ..., units] otherwise.
 *
 * @param options.members Number M of heads.
 * @param options.units Number C of outputs of each.
 * @param options.useBias Whether they have biases, starting at 0. Default true.
 * @param options.seed Seed of the kernels, normal with variance 2 / (D + C). Default 0.
 * @throws ConfigError for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {meanOfMembers, memberHeads} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 16, activation: 'relu', inputShape: [2]}),
 *     memberHeads({members: 5, units: 3}),
 *     meanOfMembers({members: 5, activation: 'softmax'}),
 *   ],
 * });
 * console.log(model.countParams()); // 16 * 3 + 5 * 17 * 3
 * ```
 */
export function memberHeads(options: MemberHeadsOptions): MemberHeads {
  return new MemberHeads(options);
}
