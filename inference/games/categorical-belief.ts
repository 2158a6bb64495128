import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../../src/backend/index.ts';
import {flooredLogSoftmax} from '../../src/distributions/floored-log-softmax.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Belief} from './belief.ts';
import {columnsOf} from './columns.ts';
import {detached, stopGradient} from './gradient.ts';

/**
 * One of K states, carried as a one-hot vector: log p(x) = x . logSoftmax(logits).
 *
 * A state whose logit is -Infinity has probability 0; its log p is -1e30, so that it counts for nothing in a sum over the states.
 *
 * Draws have no gradient: an inversion that is categorical takes `coupling: 'exact'`, which sums over the states, or `'score'`.
 *
 * @param logits [1 or S, ...examples, K], logarithms of the probabilities up to a constant.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {categoricalBelief} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const component = categoricalBelief(tf.zeros([1, 3]));
 * console.log(component.sample(createRng(1), 4).shape);   // [4, 3], one-hot
 * ```
 */
export function categoricalBelief(logits: tf.Tensor): Belief {
  const states = logits.shape.at(-1) ?? 1;
  return {
    kind: 'categorical',
    reparameterized: false,
    logits,
    sample: (rng, draws) =>
      detached(() => {
        const [, ...rest] = logits.shape;
        const uniforms = uniformTensor(rng, [draws, ...rest]);
        const gumbel = tf.neg(tf.log(tf.neg(tf.log(tf.add(uniforms, 2 ** -25)))));
        const chosen = tf.argMax(tf.add(logits, gumbel), -1);
        return tf.cast(tf.equal(tf.expandDims(chosen, -1), tf.range(0, states, 1, 'int32')), 'float32');
      }),
    logProb: (value) => tf.tidy(() => tf.sum(tf.mul(value, flooredLogSoftmax(logits)), -1)),
    stopped: () => categoricalBelief(stopGradient(logits)),
    entropy: () =>
      tf.tidy(() => {
        const logProbs = flooredLogSoftmax(logits);
        return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1));
      }),
    nodes: (draws) =>
      tf.tidy(() => {
        const [, ...rest] = logits.shape;
        const rows = tf.unstack(tf.eye(states)).map((row) => tf.broadcastTo(row, [draws, ...rest]));
        const logProbs = tf.broadcastTo(flooredLogSoftmax(logits), [draws, ...rest]);
        const logProb = tf.concat(columnsOf(logProbs), 0);
        return {values: tf.concat(rows, 0), probability: tf.exp(logProb), logProb, count: states};
      }),
  };
}

/**
 * The exact inversion of a model of K states, q(k | y) proportional to p(y | k) prior(k), for priors that are categorical.
 *
 * @param model the belief about y for one-hot states of shape [..., K].
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {categoricalBelief, categoricalInversion, diagonalGaussian} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const means = tf.tensor2d([[-1], [1]]);
 * const model = (state: tf.Tensor) => diagonalGaussian(tf.sum(tf.mul(tf.expandDims(state, -1), means), -2), 1);
 * const prior = () => categoricalBelief(tf.zeros([1, 1, 2]));
 * const belief = categoricalInversion(model)(tf.ones([1, 5, 1]), prior);
 * console.log(belief.entropy?.().shape);   // [1, 5]
 * ```
 */
export function categoricalInversion<Y extends tf.Tensor>(
  model: (state: tf.Tensor) => Belief<Y>,
): (y: Y, prior: () => Belief) => Belief {
  return (y, prior) => {
    const {logits} = prior();
    if (logits === undefined) {
      throw new ConfigError(
        `categoricalInversion: expected a categorical prior, got ${prior().kind}. Use it with categoricalBelief.`,
      );
    }
    const states = logits.shape.at(-1) ?? 1;
    const joint = tf.tidy(() => {
      const lead = Array.from({length: logits.rank - 1}, () => 1);
      const each = tf.unstack(tf.eye(states)).map((row) => model(tf.reshape(row, [...lead, states])).logProb(y));
      return tf.add(tf.stack(each, -1), tf.logSoftmax(logits));
    });
    return categoricalBelief(joint);
  };
}
