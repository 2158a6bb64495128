import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Passes} from './passes.ts';
import type {VariationalWeights} from './variational-weights.ts';

type Loss = () => tf.Scalar;

const penalties = new WeakSet<Loss>();

/** A layer that pays the KL divergence of weights. */
interface Payer extends tfl.layers.Layer {
  readonly passes: Passes;
}

/**
 * The loss that a layer adds to its model's: the share of the KL divergence that is due each time that the model asks. It asks
 * once for each of its calls of the layer, so that a shared layer pays in parts. A frozen layer pays nothing.
 */
export function penaltyLoss(payer: Payer, weights: () => readonly VariationalWeights[]): Loss {
  const loss = (): tf.Scalar =>
    tf.tidy(() => {
      const due = weights();
      if (!payer.trainable) return tf.scalar(0);
      const calls = payer.passes.callsPerPass ?? Math.max(1, payer.inboundNodes.length);
      return tf.div<tf.Scalar>(tf.addN([tf.scalar(0), ...due.map((one) => one.penalty())]), calls);
    });
  penalties.add(loss);
  return loss;
}

/** The losses that are no KL divergence. */
export function withoutPenalties(losses: readonly Loss[]): Loss[] {
  return losses.filter((loss) => !penalties.has(loss));
}
