import * as tf from '@tensorflow/tfjs-core';
import type {Net} from '../models/net.ts';
import type {TapFactor, TapRun} from '../models/taps.ts';

/**
 * A net that taps only some elements of its weights: `elements[i]` are positions in the flattened `net.weights[i]`.
 *
 * Each tapped weight is then `direct`, its g the chosen entries of the per-example gradient, [N, elements], and no gradient
 * of a whole weight is ever formed.
 */
export function subnet(net: Net, elements: readonly Int32Array[]): Net {
  const {model, head, outputSize, weights, layerNames, outputs, features, fingerprint} = net;
  return {
    model,
    head,
    outputSize,
    weights,
    layerNames,
    outputs,
    features,
    fingerprint,
    get lastLayer() {
      return net.lastLayer;
    },
    taps: (x, use) => net.taps(x, (run) => use(selectElements(run, elements))),
  };
}

function selectElements(run: TapRun, elements: readonly Int32Array[]): TapRun {
  return {
    outputs: run.outputs,
    weights: run.weights.map((weight, i) => ({
      ...weight,
      factor: {kind: 'direct'},
      elements: elements[i] as Int32Array,
    })),
    pullback: (dy) =>
      tf.tidy(() => {
        const gradients = run.pullback(dy);
        return run.weights.map(({factor}, i) =>
          elementGradients(factor, gradients[i] as tf.Tensor, elements[i] as Int32Array),
        );
      }),
  };
}

/** The chosen entries of each example's gradient, [N, elements], from a tap's factor and its g. */
export function elementGradients(factor: TapFactor, g: tf.Tensor, elements: Int32Array): tf.Tensor2D {
  return tf.tidy(() => {
    const columns =
      factor.kind === 'grouped' ? (g.shape[2] as number) * (g.shape[3] as number) : (g.shape.at(-1) as number);
    const column = indices(elements, (e) => e % columns);
    if (factor.kind === 'direct') return tf.gather(g, column, 1) as tf.Tensor2D;
    const [examples, positions] = g.shape as [number, number];
    const right = tf.gather(tf.reshape(g, [examples, positions, columns]), column, 2); // [N, R, elements]
    return tf.sum(tf.mul(inputsAt(factor, elements, columns), right), 1) as tf.Tensor2D;
  });
}

/** What the chosen elements multiply, [N, R, elements]. */
function inputsAt(factor: Exclude<TapFactor, {kind: 'direct'}>, elements: Int32Array, columns: number): tf.Tensor {
  const row = (e: number): number => Math.floor(e / columns);
  switch (factor.kind) {
    case 'outer':
      return tf.gather(factor.inputs, indices(elements, row), 2);
    case 'grouped': {
      const [examples, positions, size, groups] = factor.inputs.shape;
      const flat = tf.reshape(factor.inputs, [examples, positions, size * groups]);
      const outputs = columns / groups;
      return tf.gather(
        flat,
        indices(elements, (e) => row(e) * groups + Math.floor((e % columns) / outputs)),
        2,
      );
    }
    case 'lookup':
      return tf.cast(tf.equal(tf.expandDims(factor.ids, 2), indices(elements, row)), 'float32');
  }
}

function indices(elements: Int32Array, of: (element: number) => number): tf.Tensor1D {
  return tf.tensor1d(elements.map(of), 'int32');
}
