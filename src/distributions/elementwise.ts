import * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../random/index.ts';
import type {Distribution, Parameter} from './distribution.ts';
import {constantMask} from './mask.ts';
import type {Support} from './support.ts';

/** What makes a distribution of single numbers. */
export interface ElementwiseSpec {
  readonly name: string;
  readonly support: Support;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** log p at float32 values inside the support. */
  readonly logProb: (value: tf.Tensor) => tf.Tensor;
  /** Draws of the shape, to which the parameters broadcast. */
  readonly sample: (rng: Rng, shape: number[]) => tf.Tensor;
}

/** A distribution of independent numbers; outside the support its log density is -Infinity and has no gradient. */
export function elementwise({name, support, parameters, logProb, sample}: ElementwiseSpec): Distribution {
  const batchShape = broadcastShape(Object.values(parameters));
  return {
    name,
    support,
    eventShape: [],
    batchShape,
    parameters,
    logProb: (value) => tf.tidy(() => insideSupport(inFloats(value), support, logProb)),
    logProbInside: (value) => tf.tidy(() => logProb(inFloats(value))),
    sample: (rng, shape = batchShape) => tf.tidy(() => sample(rng, [...shape])),
  };
}

/** The shape that parameters broadcast to, less the `eventRank` last axes of each. */
export function broadcastShape(parameters: readonly Parameter[], eventRank = 0): number[] {
  return parameters.reduce<number[]>((shape, parameter) => {
    if (typeof parameter === 'number') return shape;
    const own = parameter.shape.slice(0, parameter.rank - eventRank);
    return tf.backend_util.assertAndGetBroadcastShape(shape, own);
  }, []);
}

/** A parameter as a tensor, for functions that take no plain number. */
export function asTensor(parameter: Parameter): tf.Tensor {
  return typeof parameter === 'number' ? tf.scalar(parameter) : parameter;
}

/** Values of whole numbers or truth values as float32, which the densities compute in. */
function inFloats(value: tf.Tensor): tf.Tensor {
  return value.dtype === 'float32' ? value : tf.cast(value, 'float32');
}

function insideSupport(value: tf.Tensor, support: Support, logProb: (value: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (support.kind !== 'interval' && support.kind !== 'integers') return logProb(value);
  const {low, high} = support;
  const integers = support.kind === 'integers';
  const inside = constantMask([value], () => {
    const above = integers ? tf.greaterEqual(value, low) : tf.greater(value, low);
    const below = integers ? tf.lessEqual(value, high) : tf.less(value, high);
    const between = tf.logicalAnd(above, below);
    return integers ? tf.logicalAnd(between, tf.equal(value, tf.floor(value))) : between;
  });
  const safe = Number.isFinite(low) ? (Number.isFinite(high) ? (low + high) / 2 : low + 1) : high - 1;
  const density = logProb(tf.where(inside, value, tf.fill(value.shape, integers ? Math.floor(safe) : safe)));
  return tf.where(inside, density, tf.fill(density.shape, -Infinity));
}
