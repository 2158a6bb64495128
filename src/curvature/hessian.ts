import * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Inputs} from '../models/inputs.ts';
import type {Net} from '../models/net.ts';
import {recordTape} from '../models/tape.ts';
import type {TappedWeight} from '../models/taps.ts';
import {withWeights} from '../models/weights.ts';
import {directionalDerivative} from './directional-derivative.ts';

/**
 * The Hessian of the summed -log p(y | f(x)) in the tapped weights, [P, P], one product with a unit vector at a time: the
 * gradient of a directional derivative (Pearlmutter 1994). P passes forward and back: for small nets.
 */
export function batchHessian(net: Net, likelihood: Likelihood, x: Inputs, y: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const values = net.weights.map((weight) => tf.clone(weight.read()));
    const layouts = tappedSizes(net, x);
    const rows: tf.Tensor1D[] = [];
    layouts.forEach(({size}, i) => {
      for (let element = 0; element < size; element++) {
        rows.push(
          tf.tidy(() => {
            const slope = (...weights: tf.Tensor[]): tf.Scalar =>
              withWeights(net.weights, weights, () => directionalSlope(net, likelihood, {x, y}, {weight: i, element}));
            return flatten(tf.grads(slope)(values), layouts);
          }),
        );
      }
    });
    return tf.stack(rows) as tf.Tensor2D;
  });
}

interface TappedSize {
  readonly size: number;
  readonly elements: Int32Array | undefined;
}

function tappedSizes(net: Net, x: Inputs): TappedSize[] {
  const sizes: TappedSize[] = [];
  tf.tidy(() => {
    net.taps(x, ({weights}) => {
      sizes.push(...weights.map(({variable, elements}) => ({size: elements?.length ?? sizeOf(variable), elements})));
      return [];
    });
  });
  return sizes;
}

/** The derivative of the loss along one element of one weight, differentiable in the weights. */
function directionalSlope(
  net: Net,
  likelihood: Likelihood,
  {x, y}: {x: Inputs; y: tf.Tensor},
  {weight, element}: {weight: number; element: number},
): tf.Scalar {
  return net.taps(x, ({outputs, weights, pullback}) => {
    const loss = recordTape(() => {
      const f = tf.clone(outputs);
      return {output: tf.sum(likelihood.negLogProb(f, y)), targets: [f]};
    });
    const gradients = pullback(loss.pullback(tf.scalar(1))[0] as tf.Tensor);
    const {factor, variable, elements} = weights[weight] as TappedWeight;
    const unit = new Float32Array(elements?.length ?? sizeOf(variable));
    unit[element] = 1;
    const slope = directionalDerivative(factor, gradients[weight] as tf.Tensor, tf.tensor1d(unit));
    return tf.sum(slope) as tf.Scalar;
  });
}

function flatten(gradients: readonly tf.Tensor[], sizes: readonly TappedSize[]): tf.Tensor1D {
  return tf.concat(
    gradients.map((gradient, i) => {
      const flat = tf.reshape(gradient, [-1]);
      const elements = sizes[i]?.elements;
      return elements ? tf.gather(flat, tf.tensor1d(elements, 'int32')) : flat;
    }),
  ) as tf.Tensor1D;
}

function sizeOf({shape}: TappedWeight['variable']): number {
  return shape.reduce<number>((product, n) => product * (n ?? 1), 1);
}
