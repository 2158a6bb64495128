import type * as tf from '@tensorflow/tfjs-core';
import type {BoundedSupport, Support} from '../../src/distributions/index.ts';
import {ConfigError, ShapeError} from '../../src/errors.ts';

/** Whether every value of `support` lies in that of a prior. */
export function covers(prior: Support, support: Support): boolean {
  if (prior.kind === 'integers') return false;
  if (prior.kind !== 'interval') return true;
  return support.kind === 'interval' && prior.low <= support.low && support.high <= prior.high;
}

/** Refuses to draw from a prior that its parameter's support cuts: draws outside have no place in unconstrained space. */
export function checkDrawn(name: string, prior: Support, support: Support): void {
  if (support.kind === 'real') return;
  const inside = support.kind === 'interval' ? lies(prior, support) : prior.kind === support.kind;
  if (inside) return;
  throw new ConfigError(
    `samplePrior: expected the prior of ${name} to lie in its support ${written(support)}, got one on ` +
      `${written(prior)}. Give a prior that has this support, such as halfNormal or truncatedNormal.`,
  );
}

/** Whether all of a prior's support lies in an interval. */
function lies(prior: Support, {low, high}: BoundedSupport): boolean {
  return prior.kind === 'interval' && low <= prior.low && prior.high <= high;
}

function written(support: Support): string {
  return 'low' in support ? `${support.kind} (${support.low}, ${support.high})` : support.kind;
}

/** The number of points in theta, whose columns are checked. */
export function checkTheta(theta: tf.Tensor2D, dimension: number): number {
  if (theta.rank !== 2 || theta.shape[1] !== dimension) {
    throw new ShapeError(
      `Model: expected theta of shape [S, ${dimension}], got [${theta.shape}]. One row is one point in unconstrained space.`,
    );
  }
  return theta.shape[0];
}

/** A term with its leading axis of points; a term without, such as a prior of no parameter, would be counted wrongly. */
export function checkLead(what: string, term: tf.Tensor, points: number): tf.Tensor {
  if (term.shape[0] === points) return term;
  throw new ShapeError(
    `Model: expected ${what} to give a log density of shape [${points}, ...], one row per point, got [${term.shape}]. ` +
      'Parameters carry the points in their first axis: set them against data with tf.expandDims(parameter, 1).',
  );
}

/** A derived quantity keeps the axis of points: without it draws would be misplaced or missing. */
export function checkDerived(name: string, value: tf.Tensor, points: number): void {
  if (value.shape[0] === points) return;
  throw new ShapeError(
    `Model: expected derived ${name} of shape [${points}, ...], one row per point, got [${value.shape}]. Reduce over axes ` +
      'from 1 on.',
  );
}
