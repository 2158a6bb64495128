import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {Wire} from './wire.ts';

/** Points with weights that stand for an expectation: E[f] = sum over k of probability_k f(value_k). */
export interface Nodes<X extends Wire = tf.Tensor> {
  /** The points, those of the first node for every draw first, then those of the second: a leading axis of count * draws. */
  readonly values: X;
  /** The weights, [count * draws] and the axes of examples. */
  readonly probability: tf.Tensor;
  /** log density of the points, [count * draws, ...examples]. */
  readonly logProb: tf.Tensor;
  /** How many nodes there are. */
  readonly count: number;
}

/** The mean and the covariance of a Gaussian. */
export interface Moments {
  /** Shape [..., D]. */
  readonly mean: tf.Tensor;
  /** Shape [..., D, D]. */
  readonly covariance: tf.Tensor;
  /** Standard deviations [..., D], where the entries are known to be independent. */
  readonly scale?: tf.Tensor;
}

/**
 * A probability distribution over what a wire carries; its parameters have a leading axis of draws (1 or S), as values have.
 *
 * Axes between the draws and the event are examples, independent of each other. Write your own for families that are not
 * here: `kind`, `reparameterized`, `sample`, `logProb` and `stopped` suffice.
 */
export interface Belief<X extends Wire = tf.Tensor> {
  /** `'gaussian'`, `'categorical'`, `'particles'`, `'point'`, `'product'`, or a name of your own. */
  readonly kind: string;
  /** Whether gradients flow from a draw to the parameters. */
  readonly reparameterized: boolean;
  /** `draws` draws; where the parameters have a leading axis of S draws, `draws` must be S, one draw for each. */
  sample(rng: Rng, draws: number): X;
  /** log density in nats of each draw and example, [S, ...examples]. */
  logProb(value: X): tf.Tensor;
  /** The same belief, constant for gradients. */
  stopped(): Belief<X>;
  /** Entropy in nats, [1 or S, ...examples], in closed form. */
  entropy?(): tf.Tensor;
  /** Mean and covariance, for beliefs that are Gaussian. */
  moments?(): Moments;
  /** Logarithms of probabilities, up to a constant, for beliefs that are categorical. */
  readonly logits?: tf.Tensor;
  /** Nodes that make expectations exact: all states, or for a Gaussian points that are exact up to third powers. */
  nodes?(draws: number): Nodes<X>;
  /** The belief about each part of a wire of several. */
  marginals?(): readonly Belief<Wire>[];
  /** Nats by which the parts know each other: the sum of the marginal entropies less the joint one, [1 or S, ...examples]. */
  mutualInformation?(): tf.Tensor;
}
