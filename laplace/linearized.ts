import * as tf from '@tensorflow/tfjs-core';
import {directionalDerivative, unitGradients, withTaps} from '../src/curvature/index.ts';
import type {Inputs, Net} from '../src/models/index.ts';
import {tidyObject} from '../src/predictive/tidy.ts';
import type {PosteriorWeights} from './posterior-weights.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** Mean and covariance of the outputs of a linearized net. */
export interface LinearizedOutputs {
  /** f at the trained weights, [N, ..., C]. */
  readonly mean: tf.Tensor;
  /**
   * Covariance over the C outputs at each input (and position), [N, ..., C, C]; a joint one is over all outputs of all
   * inputs in the order of the flattened mean, [N ... C, N ... C].
   */
  readonly covariance: tf.Tensor;
}

/** Mean and marginal variance of the outputs of a linearized net. */
export interface LinearizedVariances {
  /** f at the trained weights, [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Variance of each output, [N, ..., C]. */
  readonly variance: tf.Tensor;
}

/**
 * The outputs of the net linearized in its weights, f(x) + J(x) delta with delta ~ N(0, Sigma):
 *
 *     mean = f(x),    covariance = J(x) Sigma J(x)^T
 *
 * from whitened per-output gradients, never forming J of all inputs (Khan et al. 2019; Immer, Korzepa and Bauer 2021).
 */
export function linearize({net, path}: PosteriorWeights, gaussian: WeightGaussian, x: Inputs): LinearizedOutputs {
  if (path === 'last-layer') {
    return tidyObject(() => {
      const {features, outputs} = net.features(x);
      const covariance = gaussian.lastLayerCovariance(featureRows(net, features));
      return {mean: outputs, covariance: tf.reshape(covariance, [...outputs.shape, net.outputSize])};
    });
  }
  return net.taps(x, ({outputs, weights, pullback}) => {
    const whiten = gaussian.whitener(weights);
    const covariances: tf.Tensor[] = [];
    let rows: tf.Tensor[] = []; // those of one position alone are held, [N, m] each
    for (const row of mapOutputUnits(outputs, (dy) => tf.concat(whiten(pullback(dy)), 1))) {
      rows.push(row);
      if (rows.length < net.outputSize) continue;
      covariances.push(
        tf.tidy(() => {
          const stacked = finished(gaussian, tf.stack(rows, 1) as tf.Tensor3D); // [N, C, m]
          return tf.matMul(stacked, stacked, false, true);
        }),
      );
      tf.dispose(rows);
      rows = [];
    }
    const covariance = tf.reshape(tf.stack(covariances, 1), [...outputs.shape, net.outputSize]);
    return {mean: tf.clone(outputs), covariance};
  });
}

function finished(gaussian: WeightGaussian, rows: tf.Tensor3D): tf.Tensor3D {
  if (!gaussian.finish) return rows;
  const [examples, classes, size] = rows.shape;
  return tf.reshape(gaussian.finish(tf.reshape(rows, [examples * classes, size])), [examples, classes, -1]);
}

/** The diagonal of {@link linearize}'s covariance alone, without forming any matrix over the outputs. */
export function linearizeVariance(
  {net, path}: PosteriorWeights,
  gaussian: WeightGaussian,
  x: Inputs,
): LinearizedVariances {
  if (path === 'last-layer') {
    return tidyObject(() => {
      const {features, outputs} = net.features(x);
      const variance = gaussian.lastLayerVariance(featureRows(net, features));
      return {mean: outputs, variance: tf.reshape(variance, outputs.shape)};
    });
  }
  return net.taps(x, ({outputs, weights, pullback}) => {
    const whiten = gaussian.whitener(weights);
    const variances = mapOutputUnits(outputs, (dy) =>
      tf.addN(whiten(pullback(dy)).map((rows) => tf.sum(tf.square(gaussian.finish?.(rows) ?? rows), 1))),
    );
    return {mean: tf.clone(outputs), variance: tf.reshape(tf.stack([...variances], 1), outputs.shape)};
  });
}

/** {@link linearize} with the covariance over all outputs of all inputs: rows of different inputs do combine. */
export function linearizeJointly(weights: PosteriorWeights, gaussian: WeightGaussian, x: Inputs): LinearizedOutputs {
  return withTaps(weights, x, (run): {mean: tf.Tensor; covariance: tf.Tensor} => {
    const whiten = gaussian.whitener(run.weights, {joint: true});
    const units = [...mapOutputUnits(run.outputs, (dy) => whiten(run.pullback(dy)))];
    const blocks = (units[0] ?? []).map((_, i) =>
      tf.tidy(() => {
        const stacked = tf.stack(
          units.map((rows) => rows[i] as tf.Tensor2D),
          1,
        ); // [N, ... C, m]
        const whole = tf.reshape(stacked, [run.outputs.size, -1]) as tf.Tensor2D;
        const rows = gaussian.finish?.(whole) ?? whole;
        return tf.matMul(rows, rows, false, true);
      }),
    );
    return {mean: tf.clone(run.outputs), covariance: tf.addN(blocks)};
  });
}

/**
 * Draws of the linearized outputs for weight changes `deltas`, each a list of flat tensors, one for each weight:
 * [S, N, ..., C]. The same change serves every input, so a draw is one function of x.
 */
export function linearizedDraws(
  weights: PosteriorWeights,
  deltas: readonly (readonly tf.Tensor[])[],
  x: Inputs,
): tf.Tensor {
  const {net} = weights;
  if (weights.path === 'last-layer') {
    return tf.tidy(() => {
      const {features, outputs} = net.features(x);
      const rows = featureRows(net, features);
      const changes = deltas.map(([kernel, bias]) => {
        const matrix = tf.reshape(kernel as tf.Tensor, [net.lastLayer.inputSize, net.outputSize]) as tf.Tensor2D;
        const change = tf.matMul(rows, matrix);
        return tf.reshape(bias ? tf.add(change, bias) : change, outputs.shape);
      });
      return tf.add(tf.stack(changes), outputs);
    });
  }
  return net.taps(x, (run) => {
    const columns = mapOutputUnits(run.outputs, (dy) => {
      const gradients = run.pullback(dy);
      const changes = deltas.map((delta) =>
        tf.addN(
          run.weights.map(({factor}, i) =>
            directionalDerivative(factor, gradients[i] as tf.Tensor, delta[i] as tf.Tensor),
          ),
        ),
      );
      return tf.stack(changes); // [S, N]
    });
    return tf.add(tf.reshape(tf.stack([...columns], 2), [deltas.length, ...run.outputs.shape]), run.outputs);
  });
}

function featureRows(net: Net, features: tf.Tensor): tf.Tensor2D {
  return tf.reshape(features, [-1, net.lastLayer.inputSize]);
}

/**
 * What `use` makes of each dy that is 1 at one output unit and 0 elsewhere, for each position and class in order; a dy and
 * what else came of it is disposed before the next.
 */
function* mapOutputUnits<T extends tf.TensorContainer>(outputs: tf.Tensor, use: (dy: tf.Tensor) => T): Generator<T> {
  const classes = outputs.shape[outputs.rank - 1] as number;
  const directions = tf.tidy(() => tf.broadcastTo(tf.eye(classes), [...outputs.shape, classes]));
  for (const dy of unitGradients(directions)) {
    yield tf.tidy(() => use(dy));
    dy.dispose();
  }
  directions.dispose();
}
