import * as tf from '@tensorflow/tfjs-core';
import {
  affineCouplingFlow,
  affineFlow,
  composeFlows,
  type Flow,
  inverseAutoregressiveFlow,
  permutationFlow,
  planarFlow,
  splineCouplingFlow,
} from '../../../inference/flows/index.ts';
import {normalTensor} from '../../../src/backend/noise.ts';
import type {Rng} from '../../../src/random/index.ts';

/** How a flow of D columns and C columns of context is made; planar flows have no context. */
export const rows: {name: string; conditional: boolean; make: (dimension: number, contextDimension: number) => Flow}[] =
  [
    {name: 'planar', conditional: false, make: (dimension) => planarFlow({dimension, layers: 3})},
    {name: 'affine', conditional: false, make: (dimension) => affineFlow({dimension})},
    {
      name: 'affine coupling',
      conditional: true,
      make: (dimension, contextDimension) => affineCouplingFlow({dimension, contextDimension, layers: 2, hidden: [8]}),
    },
    {
      name: 'spline coupling',
      conditional: true,
      make: (dimension, contextDimension) =>
        splineCouplingFlow({dimension, contextDimension, layers: 2, hidden: [8], bins: 5, bound: 3}),
    },
    {
      name: 'inverse autoregressive',
      conditional: true,
      make: (dimension, contextDimension) =>
        inverseAutoregressiveFlow({dimension, contextDimension, hidden: [8, 8], logScale: -0.2}),
    },
    {
      name: 'composition',
      conditional: false,
      make: (dimension) =>
        composeFlows([
          permutationFlow({order: Array.from({length: dimension}, (_, i) => (i + 1) % dimension)}),
          affineCouplingFlow({dimension, layers: 2, hidden: [8]}),
          affineFlow({dimension}),
        ]),
    },
  ];

/** Weights as after training: some way from where they began. */
export function disturb(flow: Flow, rng: Rng, size = 0.15): Flow {
  flow.variables.forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(normalTensor(rng.fork(i), variable.shape), size))));
  });
  return flow;
}
