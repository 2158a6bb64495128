import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {createNet, type Inputs, sliceInputs, type TapFactor} from '../../../src/models/index.ts';

/** f written in plain tfjs operations, for models that tfjs cannot differentiate; `weights` are all of the model's. */
export type Reference = (x: tf.Tensor, weights: tf.Tensor[]) => tf.Tensor;

/** Gradients of sum(f(x_n) dy_n) with respect to each weight, for each example n, one weight after the other. */
export async function stockGradients(
  model: tfl.LayersModel,
  x: Inputs,
  dy: tf.Tensor,
  reference: Reference = (one) => model.apply(one, {training: false}) as tf.Tensor,
): Promise<Float32Array[]> {
  const variables = [...new Set(model.trainableWeights)].map((weight) => weight.read() as tf.Variable);
  const examples = dy.shape[0] as number;
  const gradients = tf.tidy(() =>
    variables.map((variable) => {
      const each = Array.from({length: examples}, (_, n) => {
        const one = sliceInputs(x, n, 1);
        const loss = (): tf.Scalar => {
          const f = reference(
            one as tf.Tensor,
            model.weights.map((weight) => weight.read()),
          );
          return tf.sum(tf.mul(f, sliceInputs(dy, n, 1) as tf.Tensor)) as tf.Scalar;
        };
        return tf.variableGrads(loss, [variable]).grads[variable.name] as tf.Tensor;
      });
      return tf.stack(each);
    }),
  );
  const values = await Promise.all(gradients.map((gradient) => gradient.data() as Promise<Float32Array>));
  tf.dispose(gradients);
  return values;
}

/** The same from one pullback of the net's taps. */
export async function tappedGradients(model: tfl.LayersModel, x: Inputs, dy: tf.Tensor): Promise<Float32Array[]> {
  const taken = createNet(model).taps(x, ({weights, pullback}) => {
    const g = pullback(dy);
    return weights.map(({factor}, i) => ({factor, g: tf.clone(g[i] as tf.Tensor)}));
  }) as unknown as {factor: TapFactor; g: tf.Tensor}[];
  const gradients = await Promise.all(taken.map(({factor, g}) => perExample(factor, g)));
  tf.dispose(taken as unknown as tf.TensorContainer);
  return gradients;
}

/** Plain loops over the definition in `TapFactor`. */
async function perExample(factor: TapFactor, g: tf.Tensor): Promise<Float32Array> {
  const gradient = (await g.data()) as Float32Array;
  switch (factor.kind) {
    case 'direct':
      return gradient.slice();
    case 'outer': {
      const [examples, positions, size] = factor.inputs.shape;
      return sumOuter(await factor.inputs.data(), gradient, {examples, positions, size, groups: 1});
    }
    case 'grouped': {
      const [examples, positions, size, groups] = factor.inputs.shape;
      return sumOuter(await factor.inputs.data(), gradient, {examples, positions, size, groups});
    }
    case 'lookup': {
      const [examples, positions] = factor.ids.shape;
      const oneHot = tf.oneHot(factor.ids, factor.vocabulary);
      const inputs = Float32Array.from(await oneHot.data());
      oneHot.dispose();
      return sumOuter(inputs, gradient, {examples, positions, size: factor.vocabulary, groups: 1});
    }
  }
}

interface Sizes {
  readonly examples: number;
  readonly positions: number;
  readonly size: number;
  readonly groups: number;
}

function sumOuter(inputs: ArrayLike<number>, g: ArrayLike<number>, {examples, positions, size, groups}: Sizes) {
  const out = g.length / (examples * positions * groups);
  const sum = new Float32Array(examples * size * groups * out);
  for (let n = 0; n < examples; n++) {
    for (let r = 0; r < positions; r++) {
      for (let i = 0; i < size; i++) {
        for (let k = 0; k < groups; k++) {
          const input = inputs[((n * positions + r) * size + i) * groups + k] as number;
          for (let o = 0; o < out; o++) {
            const at = ((n * size + i) * groups + k) * out + o;
            sum[at] = (sum[at] as number) + input * (g[((n * positions + r) * groups + k) * out + o] as number);
          }
        }
      }
    }
  }
  return sum;
}
