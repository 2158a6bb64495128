import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {detached, stopGradient} from '../games/gradient.ts';
import type {FamilyDraws, VariationalFamily} from './family.ts';

/**
 * What a fit minimizes and how it estimates the gradient, with w = p / q, p the target and S draws of q:
 *
 * - `'reparameterized'`: the evidence lower bound E[log w], differentiated through the draws. Works for every family.
 * - `'sticking-the-landing'`: the same bound without the score of q, whose mean is 0: no noise is left where q is the target
 *   (Roeder, Wu and Duvenaud, 2017).
 * - `'doubly-reparameterized'`: the importance-weighted bound E[log mean w], tighter with more draws (Burda, Grosse and
 *   Salakhutdinov, 2016; Tucker, Lawson, Gu and Maddison, 2019). It fits q as a proposal, wider than the lower bound would.
 * - `'score-function'`: the lower bound where the target cannot be differentiated, each draw measured against the mean of the
 *   others (Mnih and Rezende, 2016; Kool, van Hoof and Welling, 2019). Needs many draws.
 * - `'chi-square'`: the upper bound log E[w^2] / 2, minimized: q covers the target's tails (Dieng, Tran, Ranganath, Paisley and
 *   Blei, 2017). Start it from a fit by another estimator: far away its weights are those of one draw.
 */
export type Estimator =
  | 'reparameterized'
  | 'sticking-the-landing'
  | 'doubly-reparameterized'
  | 'score-function'
  | 'chi-square';

/** A step's loss, whose gradient is that of the objective, and the bound itself in nats. */
export interface Estimate {
  readonly loss: tf.Scalar;
  readonly bound: tf.Scalar;
}

type Density = (theta: tf.Tensor2D) => tf.Tensor1D;

/** A family and its draws. */
interface Drawn {
  readonly family: VariationalFamily;
  readonly draws: FamilyDraws;
}

/** Estimates the objective of `estimator` for one target from draws of a family. */
export function estimate(estimator: Estimator, target: Density, drawn: Drawn): Estimate {
  const {evaluates, of} = ESTIMATORS[estimator] ?? refuse(estimator);
  if (evaluates && drawn.family.logDensity === undefined) {
    throw new ConfigError(
      `fitVariational: expected a family whose density can be evaluated at any point for estimator '${estimator}', got ` +
        `${drawn.family.name}. Use estimator 'reparameterized'.`,
    );
  }
  return of(target, drawn);
}

const ESTIMATORS: Record<Estimator, {evaluates: boolean; of: (target: Density, drawn: Drawn) => Estimate}> = {
  reparameterized: {
    evaluates: false,
    of: (target, {draws}) => {
      const bound = tf.mean<tf.Scalar>(tf.sub(target(draws.theta), draws.logDensity));
      return {loss: tf.neg(bound), bound};
    },
  },
  'sticking-the-landing': {
    evaluates: true,
    of: (target, drawn) => {
      const {path, logWeights} = pathOf(target, drawn);
      return {loss: tf.neg(tf.mean<tf.Scalar>(path)), bound: tf.mean(logWeights)};
    },
  },
  'doubly-reparameterized': {
    evaluates: true,
    of: (target, drawn) => {
      const {path, logWeights} = pathOf(target, drawn);
      const weights = tf.square(tf.softmax(logWeights));
      return {loss: tf.neg(tf.sum<tf.Scalar>(tf.mul(weights, path))), bound: logMeanExp(logWeights)};
    },
  },
  'score-function': {
    evaluates: true,
    of: (target, {family, draws}) => {
      const theta = stopGradient(draws.theta) as tf.Tensor2D;
      const logDensity = densityOf(family)(theta);
      const logWeights = detached(() => tf.sub(target(theta), logDensity)) as tf.Tensor1D;
      const bound = tf.mean<tf.Scalar>(logWeights);
      const samples = theta.shape[0];
      const reward = tf.mul(tf.sub(logWeights, bound), samples / (samples - 1)); // against the mean of the others
      return {loss: tf.neg(tf.mean<tf.Scalar>(tf.mul(reward, logDensity))), bound};
    },
  },
  'chi-square': {
    evaluates: true,
    of: (target, drawn) => {
      const {path, logWeights} = pathOf(target, drawn);
      const doubled = tf.mul<tf.Tensor1D>(logWeights, 2);
      const loss = tf.neg(tf.sum<tf.Scalar>(tf.mul(tf.softmax(doubled), path)));
      return {loss, bound: tf.mul(logMeanExp(doubled), 0.5)};
    },
  },
};

/**
 * log weights, and for each draw a number whose gradient is that of its log weight along the draw's path alone: q is held, and
 * only theta moves.
 */
function pathOf(target: Density, {family, draws}: Drawn): {path: tf.Tensor1D; logWeights: tf.Tensor1D} {
  const {theta, logDensity} = draws;
  const held = densityOf(family);
  const score = tf.grad((at: tf.Tensor) => tf.sum(held(at as tf.Tensor2D)))(stopGradient(theta));
  const density = target(theta);
  const path = tf.sub<tf.Tensor1D>(density, tf.sum(tf.mul(theta, stopGradient(score)), 1));
  return {path, logWeights: stopGradient(tf.sub(density, logDensity)) as tf.Tensor1D};
}

function densityOf(family: VariationalFamily): Density {
  return (family.logDensity as Density).bind(family);
}

function logMeanExp(values: tf.Tensor1D): tf.Scalar {
  return tf.sub(tf.logSumExp(values), Math.log(values.shape[0])) as tf.Scalar;
}

function refuse(estimator: string): never {
  throw new ConfigError(
    `fitVariational: expected estimator to be ${Object.keys(ESTIMATORS).join(', ')}, got ${estimator}. Leave it out for ` +
      "'reparameterized'.",
  );
}
