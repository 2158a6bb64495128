import * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../models/inputs.ts';
import type {Net} from '../models/net.ts';
import type {TapRun} from '../models/taps.ts';

/** Which weights a curvature is over. */
export type CurvatureWeights = 'last-layer' | 'all';

/** A net with the weights that are tapped. */
export interface TappedNet {
  readonly net: Net;
  readonly path: CurvatureWeights;
}

/** A tapped run of the weights; that of a last layer is made of its features, without a backward pass. */
export function withTaps<T extends tf.TensorContainer>({net, path}: TappedNet, x: Inputs, use: (run: TapRun) => T): T {
  if (path === 'all') return net.taps(x, use);
  return tf.tidy(() => {
    const {features, outputs} = net.features(x);
    const {kernel, bias, inputSize, layer} = net.lastLayer;
    const variables = bias ? [kernel, bias] : [kernel];
    const examples = outputs.shape[0] as number;
    const byPosition = (tensor: tf.Tensor, size: number): tf.Tensor3D => tf.reshape(tensor, [examples, -1, size]);
    return use({
      outputs,
      weights: variables.map((variable, i) => ({
        variable,
        layerName: layer.name,
        factor: i === 0 ? {kind: 'outer', inputs: byPosition(features, inputSize)} : {kind: 'direct'},
      })),
      pullback: (dy) => {
        const g = byPosition(dy, net.outputSize);
        return variables.map((_, i) => (i === 0 ? g : tf.sum(g, 1)));
      },
    });
  });
}
