import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {TapFactor} from '../taps.ts';

/** One weight in one call of its layer: how its per-example gradient follows from the gradient at a tensor of the call. */
export interface TapContribution {
  /** The weight; those that are not trained are left out by the caller of the rule. */
  readonly variable: LayerVariable;
  /** The tensor of the call whose gradient is wanted, mostly the pre-activation z. */
  readonly target: tf.Tensor;
  /** The weight's factor; called once, after the forward pass. Uses `input` or what was kept, never z. */
  factor(): TapFactor;
  /** g of the weight, in the shape that `TapRun.pullback` promises for its factor, from the gradient at `target`. */
  gradient(targetGradient: tf.Tensor): tf.Tensor;
}

/** What a layer's call gives while it is tapped. */
export interface TapCall {
  /** The layer's output, as its own `call` in inference mode would give it. */
  readonly output: tf.Tensor;
  /** One entry for each of the layer's trainable weights. */
  readonly weights: readonly TapContribution[];
}

/**
 * Calls a layer of one class and says how its weights' gradients follow; stands in for the layer's own `call` in
 * inference mode. `input` stays alive until the run ends, and so does what goes through `keep`; every other tensor of the
 * call may be gone after the forward pass.
 */
export type TapRule = (
  layer: tfl.layers.Layer,
  input: tf.Tensor,
  keep: <T extends tf.Tensor>(tensor: T) => T,
) => TapCall;
