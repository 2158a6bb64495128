import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {type Activation, activationOf} from '../../src/models/tap-rules/activation.ts';
import {checkCount} from '../checks.ts';

/** What tfjs hands to a layer's `call`. */
export type CallInputs = tf.Tensor | tf.Tensor[];

/** Options of every layer whose rows belong to members. */
export interface MemberLayerOptions extends NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> {
  /** Number M of members; row j of a batch belongs to member j mod M. */
  members: number;
}

/** A layer in which row j belongs to member j mod M. */
export abstract class MemberLayer extends tfl.layers.Layer {
  /** Number M of members. */
  readonly members: number;

  /** @internal */
  constructor(options: MemberLayerOptions, caller: string) {
    super(options);
    this.members = checkCount(options.members, 'members', 1, caller);
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), members: this.members};
  }
}

/** The first tensor that a layer is called with. */
export function firstInput(inputs: CallInputs): tf.Tensor {
  return Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
}

/** The shape of the first tensor that a layer is called with. */
export function firstShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
  return Array.isArray(inputShape[0]) ? (inputShape[0] as tfl.Shape) : (inputShape as tfl.Shape);
}

/** The size of the last axis. Throws `ConfigError` where it is open. */
export function lastAxis(inputShape: tfl.Shape | tfl.Shape[], caller: string): number {
  const channels = firstShape(inputShape).at(-1);
  if (typeof channels === 'number') return channels;
  throw new ConfigError(
    `${caller}: expected inputs with a fixed last axis, got [${firstShape(inputShape).join(', ')}]. Give the model an inputShape.`,
  );
}

/** The activation function that tfjs knows by this name. */
export function activationNamed(name: string): Activation {
  return activationOf(tfl.layers.activation({activation: name as 'linear'})) as Activation;
}

/** An initializer that calls a function. */
export function initializeBy(create: (shape: number[]) => tf.Tensor): ReturnType<typeof tfl.initializers.zeros> {
  return {apply: create} as unknown as ReturnType<typeof tfl.initializers.zeros>;
}
