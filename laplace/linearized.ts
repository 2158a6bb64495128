import * as tf from '@tensorflow/tfjs-core';
import {type CurvatureWeights, directionalDerivative, unitGradients} from '../src/curvature/index.ts';
import type {Inputs, Net} from '../src/models/index.ts';
import {tidyObject} from '../src/predictive/tidy.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** Mean and covariance of the outputs of a linearized net. */
export interface LinearizedOutputs {
  /** f at the trained weights, [N, ..., C]. */
  readonly mean: tf.Tensor;
  /** Covariance over the C outputs at each input (and position), [N, ..., C, C]. */
  readonly covariance: tf.Tensor;
}

/**
 * The outputs of the net linearized in its weights, f(x) + J(x) delta with delta ~ N(0, Sigma):
 *
 *     mean = f(x),    covariance = J(x) Sigma J(x)^T
 *
 * from whitened per-output gradients, never forming J of all inputs (Khan et al. 2019; Immer, Korzepa and Bauer 2021).
 */
export function linearize(net: Net, weights: CurvatureWeights, gaussian: WeightGaussian, x: Inputs): LinearizedOutputs {
  return weights === 'last-layer' ? lastLayer(net, gaussian, x) : allWeights(net, gaussian, x);
}

function lastLayer(net: Net, gaussian: WeightGaussian, x: Inputs): LinearizedOutputs {
  return tidyObject(() => {
    const {features, outputs} = net.features(x);
    const covariance = gaussian.lastLayerCovariance(tf.reshape(features, [-1, net.lastLayer.inputSize]) as tf.Tensor2D);
    return {mean: outputs, covariance: tf.reshape(covariance, [...outputs.shape, net.outputSize])};
  });
}

function allWeights(net: Net, gaussian: WeightGaussian, x: Inputs): LinearizedOutputs {
  return net.taps(x, ({outputs, weights, pullback}) => {
    const whiten = gaussian.whitener(weights);
    const rows = Array.from(outputUnits(outputs), (dy) => tf.tidy(() => tf.concat(whiten(pullback(dy)), 1))); // [N, m]
    const covariances: tf.Tensor[] = [];
    for (let first = 0; first < rows.length; first += net.outputSize) {
      const stacked = tf.stack(rows.slice(first, first + net.outputSize), 1) as tf.Tensor3D; // [N, C, m]
      covariances.push(tf.matMul(stacked, stacked, false, true));
    }
    const covariance = tf.reshape(tf.stack(covariances, 1), [...outputs.shape, net.outputSize]);
    return {mean: tf.clone(outputs), covariance};
  });
}

/** dy that is 1 at one output unit and 0 elsewhere, for each position and class in order. */
function outputUnits(outputs: tf.Tensor): Generator<tf.Tensor> {
  const classes = outputs.shape[outputs.rank - 1] as number;
  return unitGradients(tf.broadcastTo(tf.eye(classes), [...outputs.shape, classes]));
}

/**
 * Draws of the linearized outputs for weight changes `deltas`, each a list of tensors in the shapes of the weights:
 * [S, N, ..., C]. The same change serves every input, so a draw is one function of x.
 */
export function linearizedDraws(
  net: Net,
  weights: CurvatureWeights,
  deltas: readonly (readonly tf.Tensor[])[],
  x: Inputs,
): tf.Tensor {
  if (weights === 'last-layer') {
    return tf.tidy(() => {
      const {features, outputs} = net.features(x);
      const rows = tf.reshape(features, [-1, net.lastLayer.inputSize]) as tf.Tensor2D;
      const changes = deltas.map(([kernel, bias]) => {
        const matrix = tf.reshape(kernel as tf.Tensor, [net.lastLayer.inputSize, net.outputSize]) as tf.Tensor2D;
        const change = tf.matMul(rows, matrix);
        return tf.reshape(bias ? tf.add(change, bias) : change, outputs.shape);
      });
      return tf.add(tf.stack(changes), outputs);
    });
  }
  return net.taps(x, (run) => {
    const columns = Array.from(outputUnits(run.outputs), (dy) =>
      tf.tidy(() => {
        const gradients = run.pullback(dy);
        const changes = deltas.map((delta) =>
          tf.addN(
            run.weights.map(({factor}, i) =>
              directionalDerivative(factor, gradients[i] as tf.Tensor, delta[i] as tf.Tensor),
            ),
          ),
        );
        return tf.stack(changes); // [S, N]
      }),
    );
    return tf.add(tf.reshape(tf.stack(columns, 2), [deltas.length, ...run.outputs.shape]), run.outputs);
  });
}
