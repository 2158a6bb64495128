import * as tf from '@tensorflow/tfjs-core';
import {uniformTensor} from '../backend/noise.ts';
import {poissonLogMass} from '../predictive/poisson-mass.ts';
import type {Rng} from '../random/rng.ts';

/** Rates below are drawn by inverting the distribution function, with counts below `INVERTED_COUNTS`. */
const [INVERTED_RATES, INVERTED_COUNTS] = [10, 50];
/** At least four of five proposals are accepted, so that one draw in 10^11 stays without. */
const PROPOSALS = 16;

/** One Poisson draw for each log rate, synchronously and without reading any back; NaN for a rate that is not finite. */
export function poissonSample(f: tf.Tensor, rng: Rng): tf.Tensor {
  return tf.tidy(() => {
    const known = tf.isFinite(f);
    const logRates = tf.where(known, f, tf.zerosLike(f)); // some backends throw where NaN becomes an index
    const rates = tf.exp(logRates);
    const counts = tf.where(tf.less(rates, INVERTED_RATES), invert(rates, rng), reject(logRates, rng));
    return tf.where(known, counts, tf.fill(f.shape, Number.NaN));
  });
}

/** The number of counts whose distribution function is not above a uniform draw. */
function invert(rates: tf.Tensor, rng: Rng): tf.Tensor {
  const small = tf.minimum(rates, INVERTED_RATES);
  const draw = uniformTensor(rng, small.shape);
  let probability = tf.exp(tf.neg(small));
  let reached = probability;
  let count: tf.Tensor = tf.zerosLike(small);
  for (let k = 1; k < INVERTED_COUNTS; k++) {
    count = tf.add(count, tf.cast(tf.lessEqual(reached, draw), 'float32'));
    probability = tf.mul(probability, tf.div(small, k));
    reached = tf.add(reached, probability);
  }
  return count;
}

/** Transformed rejection with squeeze (Hoermann 1993, algorithm PTRS), as many proposals for each draw. */
function reject(f: tf.Tensor, rng: Rng): tf.Tensor {
  const logRates = tf.maximum(f, Math.log(INVERTED_RATES));
  const rates = tf.exp(logRates);
  const b = tf.add(tf.mul(tf.sqrt(rates), 2.53), 0.931);
  const a = tf.sub(tf.mul(b, 0.02483), 0.059);
  const logAlpha = tf.log(tf.add(tf.div(1.1328, tf.sub(b, 3.4)), 1.1239));
  const squeeze = tf.sub(0.9277, tf.div(3.6224, tf.sub(b, 2)));
  let count: tf.Tensor = tf.floor(rates);
  for (let proposal = 0; proposal < PROPOSALS; proposal++) {
    count = tf.tidy(() => {
      const u = tf.sub(uniformTensor(rng, rates.shape), 0.5);
      const v = tf.maximum(uniformTensor(rng, rates.shape), 1e-30);
      const edge = tf.maximum(tf.sub(0.5, tf.abs(u)), 1e-30);
      const k = tf.floor(tf.add(tf.mul(tf.add(tf.div(tf.mul(a, 2), edge), b), u), tf.add(rates, 0.43)));
      const quick = tf.logicalAnd(tf.greaterEqual(edge, 0.07), tf.lessEqual(v, squeeze));
      const hopeless = tf.logicalOr(tf.less(k, 0), tf.logicalAnd(tf.less(edge, 0.013), tf.greater(v, edge)));
      const height = tf.sub(tf.add(tf.log(v), logAlpha), tf.log(tf.add(tf.div(a, tf.square(edge)), b)));
      const below = tf.lessEqual(height, poissonLogMass(tf.relu(k), logRates));
      const accepted = tf.logicalOr(quick, tf.logicalAnd(tf.logicalNot(hopeless), below));
      return tf.where(accepted, k, count);
    });
  }
  return count;
}
