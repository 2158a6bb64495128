import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {leafLayers} from '../../src/models/graph.ts';
import type {Activation} from '../../src/models/tap-rules/activation.ts';
import {activationNamed, type CallInputs, firstInput, MemberLayer, type MemberLayerOptions} from './member-layer.ts';
import {membersOfRows} from './rows.ts';

/** Options of {@link meanOfMembers}. */
export interface MeanOfMembersOptions extends MemberLayerOptions {
  /** What makes the outputs of a member its prediction, before the mean is taken. Default `'linear'`: the outputs. */
  activation?: 'linear' | 'softmax' | 'sigmoid';
}

/** The layer that {@link meanOfMembers} makes. */
export class MeanOfMembers extends MemberLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesMeanOfMembers';
  /** The activation; where another is put in its place, as `createNet` does to split off the head, calls use that. @internal */
  readonly activation: Activation;
  readonly #head: 'linear' | 'softmax' | 'sigmoid';

  constructor(options: MeanOfMembersOptions) {
    super(options, 'meanOfMembers');
    const {activation = 'linear'} = options;
    if (!['linear', 'softmax', 'sigmoid'].includes(activation)) {
      throw new ConfigError(
        `meanOfMembers: expected activation 'linear', 'softmax' or 'sigmoid', got '${activation}'. Put it into a layer before.`,
      );
    }
    this.#head = activation;
    this.activation = activationNamed(activation);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const outputs = firstInput(inputs);
    const {activation} = this;
    if (kwargs.training === true) return activation.apply(outputs);
    const splitOff = activation.getClassName() !== this.#head;
    return tf.tidy(() => {
      const members = membersOfRows(outputs, this.members);
      if (!splitOff) return tf.mean(activation.apply(members), 1);
      return this.#head === 'softmax' ? logMeanSoftmax(members) : logitMeanSigmoid(members);
    });
  }

  override computeMask(): tf.Tensor {
    return null as unknown as tf.Tensor; // rows of members have no mask in common; tfjs types no mask as a tensor
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), activation: this.#head};
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }
}
tf.serialization.registerClass(MeanOfMembers);

/** The layer where a model's members end. Throws `ConfigError` where it has none. */
export function findMeanOfMembers(model: tfl.LayersModel, caller: string): MeanOfMembers {
  const found = leafLayers(model).find((layer) => layer instanceof MeanOfMembers);
  if (found) return found;
  throw new ConfigError(
    `${caller}: expected a model with members, got one without a meanOfMembers layer. Make it with batchEnsemble, for example.`,
  );
}

/** The logits whose softmax is the members' mean probability. */
function logMeanSoftmax(members: tf.Tensor): tf.Tensor {
  return tf.sub(tf.logSumExp(tf.logSoftmax(members), 1), Math.log(members.shape[1] as number));
}

/** The logit of the members' mean probability. */
function logitMeanSigmoid(members: tf.Tensor): tf.Tensor {
  const [yes, no] = [tf.neg(tf.softplus(tf.neg(members))), tf.neg(tf.softplus(members))];
  return tf.sub(tf.logSumExp(yes, 1), tf.logSumExp(no, 1));
}

/**
 * Where the members of an efficient ensemble end: in training the prediction of each row's own member, so that a loss is the mean
 * of the members' losses; in inference the mean of all members' predictions.
 *
 *     training:   y_j = activation(f_j),                 row j belongs to member j mod M
 *     inference:  y_i = 1/M sum_m activation(f_{i M + m})
 *
 * So outputs have the shape of the targets, `fit` works with any loss, and `predict`, `evaluate` and every metric are those of the
 * ensemble's mean prediction. Rows as {@link repeatMembers} makes them, [N, ..., C]; `createNet` sees the logits of that mean.
 *
 * @param options.members Number M of members.
 * @param options.activation What makes outputs predictions. Default `'linear'`.
 * @throws ConfigError if `members` is no whole number from 1, or for another activation.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {meanOfMembers, memberScale, repeatMembers} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     repeatMembers({members: 2, inputShape: [3]}),
 *     memberScale({members: 2, start: 'signs'}),
 *     tfl.layers.dense({units: 1}),
 *     meanOfMembers({members: 2}),
 *   ],
 * });
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * ```
 */
export function meanOfMembers(options: MeanOfMembersOptions): MeanOfMembers {
  return new MeanOfMembers(options);
}
