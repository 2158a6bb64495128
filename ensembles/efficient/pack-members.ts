import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {
  type CallInputs,
  firstInput,
  firstShape,
  lastAxis,
  MemberLayer,
  type MemberLayerOptions,
} from './member-layer.ts';

/** The layer that {@link packMembers} makes. */
export class PackMembers extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesPackMembers';

  constructor(options: MemberLayerOptions) {
    super(options, 'packMembers');
  }

  override call(inputs: CallInputs): tf.Tensor {
    const x = firstInput(inputs);
    const {members} = this;
    return tf.tidy(() => {
      const [rows, ...rest] = x.shape as [number, ...number[]];
      const groups = Math.ceil(rows / members);
      const wholeGroups = groups * members === rows ? x : tf.gather(x, cycle(groups * members, rows));
      const [places, channels] = split(rest);
      const grouped = tf.reshape(wholeGroups, [groups, members, places, channels]);
      return tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [groups, ...rest.slice(0, -1), members * channels]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [...firstShape(inputShape).slice(0, -1), this.members * lastAxis(inputShape, 'packMembers')];
  }
}
tf.serialization.registerClass(PackMembers);

/** The layer that {@link unpackMembers} makes. */
export class UnpackMembers extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesUnpackMembers';

  constructor(options: MemberLayerOptions) {
    super(options, 'unpackMembers');
  }

  override call(inputs: CallInputs): tf.Tensor {
    const [packed, unpacked] = inputs as [tf.Tensor, tf.Tensor];
    const {members} = this;
    return tf.tidy(() => {
      const [groups, ...rest] = packed.shape as [number, ...number[]];
      const [places, wide] = split(rest);
      const channels = wide / members;
      const grouped = tf.transpose(tf.reshape(packed, [groups, places, members, channels]), [0, 2, 1, 3]);
      const rows = tf.reshape(grouped, [groups * members, ...rest.slice(0, -1), channels]);
      return tf.slice(rows, 0, unpacked.shape[0] as number);
    });
  }

  override computeMask(): tf.Tensor {
    return null as unknown as tf.Tensor; // tfjs types no mask as a tensor
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const wide = lastAxis(inputShape, 'unpackMembers');
    if (wide % this.members === 0) return [...firstShape(inputShape).slice(0, -1), wide / this.members];
    throw new ConfigError(
      `unpackMembers: expected a last axis that ${this.members} members share, got ${wide}. Give the layer before a multiple.`,
    );
  }
}
tf.serialization.registerClass(UnpackMembers);

/** The layer that `packedEnsemble` and `mimo` put in the place of Flatten: channels stay grouped by member. */
export class MemberFlatten extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesMemberFlatten';

  /** @internal */
  constructor(options: MemberLayerOptions) {
    super(options, 'memberFlatten');
  }

  override call(inputs: CallInputs): tf.Tensor {
    const x = firstInput(inputs);
    const {members} = this;
    return tf.tidy(() => {
      const [groups, ...rest] = x.shape as [number, ...number[]];
      const [places, wide] = split(rest);
      const byMember = tf.transpose(tf.reshape(x, [groups, places, members, wide / members]), [0, 2, 1, 3]);
      return tf.reshape(byMember, [groups, places * wide]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [rows, ...rest] = firstShape(inputShape);
    return [rows as number, rest.reduce<number>((product, size) => product * (size as number), 1)];
  }
}
tf.serialization.registerClass(MemberFlatten);

/** Row numbers below `rows`, over and over, `count` of them. */
function cycle(count: number, rows: number): tf.Tensor1D {
  return tf.tensor1d(
    Int32Array.from({length: count}, (_, i) => i % rows),
    'int32',
  );
}

/** The number of places of a row, and of channels at each. */
function split(rest: readonly number[]): [places: number, channels: number] {
  return [tf.util.sizeFromShape(rest.slice(0, -1)), rest.at(-1) as number];
}

/**
 * Puts M rows side by side, one of each member: [R, ..., C] to [ceil(R / M), ..., M C], member by member along the channels.
 *
 * What MIMO (Havasi et al. 2021) and packed ensembles (Laurent et al. 2023) begin with, behind {@link repeatMembers}; where M does
 * not divide R, the first rows come again, and {@link unpackMembers} leaves them out.
 *
 * @param options.members Number M of members.
 * @throws ConfigError if `members` is no whole number from 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {packMembers, unpackMembers} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.tensor2d([[0], [1], [2], [3], [4]]);
 * const packed = packMembers({members: 2}).apply(x) as tf.Tensor; // [[0, 1], [2, 3], [4, 0]]
 * const back = unpackMembers({members: 2}).apply([packed, x]) as tf.Tensor;
 * console.log(packed.shape, Array.from(await back.data())); // [3, 2] [0, 1, 2, 3, 4]
 * ```
 */
export function packMembers(options: MemberLayerOptions): PackMembers {
  return new PackMembers(options);
}

/**
 * Undoes {@link packMembers}: of the inputs [G, ..., M C] and those that were packed, [R, ...], the first R rows [R, ..., C].
 *
 * @param options.members Number M of members.
 * @throws ConfigError if `members` is no whole number from 1, or does not divide the last axis.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {unpackMembers} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const rows = unpackMembers({members: 2}).apply([tf.tensor2d([[0, 1], [2, 3]]), tf.zeros([3, 1])]) as tf.Tensor;
 * console.log(Array.from(await rows.data())); // [0, 1, 2]
 * ```
 */
export function unpackMembers(options: MemberLayerOptions): UnpackMembers {
  return new UnpackMembers(options);
}
