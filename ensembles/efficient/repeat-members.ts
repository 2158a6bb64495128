import * as tf from '@tensorflow/tfjs-core';
import {warn} from '../../src/warn.ts';
import {type CallInputs, firstInput, MemberLayer, type MemberLayerOptions} from './member-layer.ts';
import {repeatRows} from './rows.ts';

/** The layer that {@link repeatMembers} makes. */
export class RepeatMembers extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesRepeatMembers';
  #trained = false;

  constructor(options: MemberLayerOptions) {
    super(options, 'repeatMembers');
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const x = firstInput(inputs);
    if (kwargs.training !== true) return repeatRows(x, this.members);
    this.#checkFirst(x.shape[0] as number);
    return tf.clone(x);
  }

  /** Warns where the first batch of training has too few rows; the last of an epoch may have. */
  #checkFirst(rows: number): void {
    if (this.#trained) return;
    this.#trained = true;
    if (rows >= this.members) return;
    warn(
      `repeatMembers: a batch of ${rows} rows trains only ${rows} of ${this.members} members. ` +
        `Pass fit a batchSize of at least ${this.members}.`,
    );
  }
}
tf.serialization.registerClass(RepeatMembers);

/**
 * Where the members of an efficient ensemble begin: in training the batch as it is, of which row j belongs to member j mod M; in
 * inference every row M times, once for each member.
 *
 * In training each member so sees its own share of each batch, which `fit` shuffles; give `fit` M times the batch size to give
 * each member as many rows as one net would see. Warns where the first batch has fewer than M rows, which leave members
 * untrained. Goes before the layers of members, {@link meanOfMembers} behind them. Any input [N, ...].
 *
 * @param options.members Number M of members.
 * @throws ConfigError if `members` is no whole number from 1.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {meanOfMembers, memberScale, repeatMembers} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const members = 4;
 * const model = tfl.sequential({
 *   layers: [
 *     repeatMembers({members, inputShape: [2]}),
 *     memberScale({members, start: 'signs'}),
 *     tfl.layers.dense({units: 16, useBias: false}), // shared by all members
 *     memberScale({members, start: 'signs', useBias: true, activation: 'relu'}),
 *     tfl.layers.dense({units: 3}),
 *     meanOfMembers({members, activation: 'softmax'}),
 *   ],
 * });
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * ```
 */
export function repeatMembers(options: MemberLayerOptions): RepeatMembers {
  return new RepeatMembers(options);
}
