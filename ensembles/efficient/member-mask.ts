import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {createMasks} from './masks.ts';
import {
  type CallInputs,
  firstInput,
  initializeBy,
  lastAxis,
  MemberLayer,
  type MemberLayerOptions,
} from './member-layer.ts';
import {withMembers} from './rows.ts';

/** Options of {@link memberMask}. */
export interface MemberMaskOptions extends MemberLayerOptions {
  /** How little the masks overlap: from 1, where all are the same, upwards. Default 2. */
  scale?: number;
  /** Seed of the masks; with the layer's name, it decides them. Default 0. */
  seed?: number;
}

/** The layer that {@link memberMask} makes. */
export class MemberMask extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesMemberMask';
  readonly #scale: number;
  readonly #seed: number;
  #masks: tfl.LayerVariable | undefined;

  constructor(options: MemberMaskOptions) {
    super(options, 'memberMask');
    const {scale = 2, seed = 0} = options;
    if (!(scale >= 1 && Number.isFinite(scale))) {
      throw new ConfigError(`memberMask: expected scale to be a number from 1, got ${scale}. Leave it out for 2.`);
    }
    this.#scale = scale;
    this.#seed = seed;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const channels = lastAxis(inputShape, 'memberMask');
    const initial = initializeBy((shape) => {
      const rng = createRng(this.#seed).fork(this.name);
      const {kept, size} = createMasks(this.members, channels, this.#scale, rng);
      const values = new Float32Array(this.members * channels);
      for (const [m, mask] of kept.entries()) for (const c of mask) values[m * channels + c] = channels / size;
      return tf.tensor(values, shape);
    });
    this.#masks = this.addWeight('masks', [this.members, channels], 'float32', initial, undefined, false);
    super.build(inputShape);
  }

  override call(inputs: CallInputs): tf.Tensor {
    return withMembers(tf.mul, firstInput(inputs), (this.#masks as tfl.LayerVariable).read());
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), scale: this.#scale, seed: this.#seed};
  }
}
tf.serialization.registerClass(MemberMask);

/**
 * Keeps for each member its own channels, always the same (Masksembles; Durasov et al. 2021): between one net (`scale` 1) and
 * nets of their own, where dropout draws anew.
 *
 *     y_j = x_j * mask_m * C / kept,   m = j mod M
 *
 * Each mask keeps as many channels and each channel is in some mask; two masks share about `1 / (2 scale - 1)` of the channels that
 * they keep together. The factor C / kept, which the paper has not, keeps the size of sums, as dropout does. Inputs [N, ..., C].
 *
 * @param options.members Number M of members.
 * @param options.scale How little the masks overlap, from 1. Default 2.
 * @param options.seed Seed of the masks, which are saved with the model. Default 0.
 * @throws ConfigError for options that it cannot use, or where there are too few channels for such masks.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {memberMask} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const layer = memberMask({members: 4, scale: 2});
 * const y = layer.apply(tf.ones([4, 32])) as tf.Tensor; // one row for each member
 * console.log(y.shape, layer.weights[0]?.shape); // [4, 32] [4, 32]
 * ```
 */
export function memberMask(options: MemberMaskOptions): MemberMask {
  return new MemberMask(options);
}
