import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type LaplaceOptions, laplace} from '../../laplace/index.ts';
import type {PosteriorRow} from '../contracts/rows.ts';

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});

function classifier(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(2)}),
    ],
  });
}

function convolutional(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.reshape({targetShape: [2, 1], inputShape: [2]}),
      tfl.layers.conv1d({filters: 3, kernelSize: 2, padding: 'same', activation: 'relu', kernelInitializer: normal(1)}),
      tfl.layers.flatten(),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(2)}),
    ],
  });
}

function binary(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.dense({units: 1, activation: 'sigmoid', kernelInitializer: normal(2)}),
    ],
  });
}

function regressor(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.dense({units: 2, kernelInitializer: normal(2)}),
    ],
  });
}

/** Means and raw variances of two targets. */
function twoHeaded(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.dense({units: 4, kernelInitializer: normal(2)}),
    ],
  });
}

const TARGETS = {
  categorical: () =>
    tf.tensor1d(
      Array.from({length: 12}, (_, i) => (i * 5) % 3),
      'int32',
    ),
  bernoulli: () =>
    tf.tensor2d(
      Array.from({length: 12}, (_, i) => (i * 5) % 2),
      [12, 1],
    ),
  gaussian: () => tf.randomNormal([12, 2], 0, 1, 'float32', 9),
  count: () =>
    tf.tensor2d(
      Array.from({length: 24}, (_, i) => (i * 7) % 5),
      [12, 2],
    ),
} as const;

function row(kind: keyof typeof TARGETS, create: () => tfl.LayersModel, options: LaplaceOptions): PosteriorRow {
  const {weights = 'last-layer', structure, curvature = 'ggn'} = options;
  const chosen = typeof weights === 'string' ? weights : Object.keys(weights).join();
  return {
    name: `laplace ${kind} ${create.name} ${chosen} ${structure ?? 'default'} ${curvature}`,
    kind,
    createModel: create,
    inputs: () => tf.randomNormal([12, 2], 0, 1, 'float32', 8),
    targets: TARGETS[kind],
    fit: (model, x, y) => laplace(model, options).fit(x, y, {batchSize: 5}),
    samplesWeights: true,
  };
}

/** Every Laplace posterior that the shared tests run on. */
export const laplaceMethods: readonly PosteriorRow[] = [
  ...structures(),
  row('categorical', classifier, {weights: {layers: (name) => name.length > 0}, structure: 'kron'}),
  row('categorical', convolutional, {weights: {largestMagnitude: 9}}),
  row('bernoulli', binary, {weights: {indices: [3, 11, 16]}, structure: 'diag'}),
  row('gaussian', regressor, {weights: {random: {n: 8}}, likelihood: 'gaussian'}),
  row('categorical', convolutional, {weights: 'all', curvature: 'mc-fisher', samples: 2}),
  row('gaussian', regressor, {
    weights: 'all',
    curvature: 'empirical-fisher',
    structure: 'diag',
    likelihood: 'gaussian',
  }),
  row('categorical', classifier, {curvature: 'hessian', structure: 'full'}),
  row('categorical', classifier, {weights: 'all', structure: 'functional', subset: 7}),
  row('categorical', convolutional, {weights: 'all', structure: 'ella', rank: 6}),
  row('categorical', convolutional, {weights: 'all', structure: 'kron', sharing: 'reduce', damping: true}),
  row('gaussian', regressor, {weights: 'all', structure: 'low-rank', likelihood: 'gaussian'}),
  row('categorical', classifier, {structure: 'low-rank', rank: 4}),
  row('gaussian', regressor, {structure: 'functional', likelihood: 'gaussian'}),
  row('bernoulli', binary, {weights: {indices: [3, 11, 16]}, structure: 'low-rank'}),
  row('count', regressor, {weights: 'all', curvature: 'mc-fisher', likelihood: 'poisson'}),
  row('gaussian', regressor, {weights: 'all', likelihood: 'gaussian', noiseScale: 'per-output'}),
];

function structures(): PosteriorRow[] {
  return (['last-layer', 'all'] as const).flatMap((weights) =>
    (['full', 'kron', 'diag'] as const).flatMap((structure) => [
      row('categorical', classifier, {weights, structure}),
      row('categorical', convolutional, {weights, structure}),
      row('bernoulli', binary, {weights, structure}),
      row('gaussian', regressor, {weights, structure, likelihood: 'gaussian'}),
      row('count', regressor, {weights, structure, likelihood: 'poisson'}),
      row('gaussian', twoHeaded, {weights, structure, likelihood: 'heteroscedastic-gaussian'}),
    ]),
  );
}
