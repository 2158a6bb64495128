import type * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';

/**
 * How the per-example gradient of one weight tensor is made of what went into its layer (`inputs`) and of the gradient g
 * with respect to the layer's pre-activation. N examples; R positions per example (1 for Dense; the locations of a
 * convolution, the calls of a shared layer, the time steps of a wrapped one).
 *
 * - `outer`: weight [..., out] flattened to [in, out]; gradient = sum_r inputs[n,r,:] (x) g[n,r,:]
 * - `grouped`: weight flattened to [in, groups, out] (depthwise kernels); gradient[i,k,o] = sum_r inputs[n,r,i,k] g[n,r,k,o]
 * - `lookup`: weight [vocabulary, out] (embeddings); gradient[v,o] = sum_r [ids[n,r] = v] g[n,r,o]
 * - `direct`: g is the per-example gradient itself, flattened to [size] (biases, scales)
 */
export type TapFactor =
  | {
      /** A weight that multiplies the inputs. */
      readonly kind: 'outer';
      /** What went into the layer, [N, R, in]. */
      readonly inputs: tf.Tensor3D;
    }
  | {
      /** A weight that multiplies the inputs of each group separately. */
      readonly kind: 'grouped';
      /** What went into the layer, [N, R, in, groups]. */
      readonly inputs: tf.Tensor4D;
    }
  | {
      /** A weight whose rows are looked up. */
      readonly kind: 'lookup';
      /** The rows looked up, [N, R] int32. */
      readonly ids: tf.Tensor2D;
      /** Number of rows of the weight. */
      readonly vocabulary: number;
    }
  | {
      /** A weight whose per-example gradient is g itself. */
      readonly kind: 'direct';
    };

/** One trainable weight tensor of a model, tapped. */
export interface TappedWeight {
  /** The weight, one of `model.trainableWeights`. */
  readonly variable: LayerVariable;
  /** Name of its layer. */
  readonly layerName: string;
  /** How its per-example gradient is made. */
  readonly factor: TapFactor;
  /** The elements of the flattened weight that are meant, where it is not all of them. */
  readonly elements?: Int32Array;
}

/** One forward pass of a net from which any number of backward passes can be taken. */
export interface TapRun {
  /** Latent outputs f of the net, shape [N, ..., C]. */
  readonly outputs: tf.Tensor;
  /** The tapped weights in the order of `net.weights`. */
  readonly weights: readonly TappedWeight[];
  /**
   * For a gradient `dy` of the shape of `outputs`: the g of each weight, in order; [N, R, out] for `outer` and `lookup`,
   * [N, R, groups, out] for `grouped`, [N, size] for `direct`.
   */
  pullback(dy: tf.Tensor): tf.Tensor[];
}
