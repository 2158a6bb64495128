import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Flow, FlowStep} from './flow.ts';
import {stack} from './stack.ts';

/**
 * A flow that puts the columns in another order, so that layers which leave some of them alone take turns: column i of the value is
 * column `order[i]` of the noise. Its log-determinant is 0; it has no weights.
 *
 * @param options what it does.
 * @param options.order each of 0, ..., D - 1 once.
 *
 * @throws ConfigError if `order` is no permutation.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {permutationFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const {value} = permutationFlow({order: [2, 0, 1]}).forward(tf.tensor2d([[10, 11, 12]]));
 * console.log(await value.array());   // [[12, 10, 11]]
 * ```
 */
export function permutationFlow({order}: {order: readonly number[]}): Flow {
  const dimension = order.length;
  const sorted = [...order].sort((a, b) => a - b);
  if (dimension === 0 || sorted.some((index, i) => index !== i)) {
    throw new ConfigError(
      `permutationFlow: expected each of 0, ..., ${Math.max(0, dimension - 1)} once, got [${order}]. Name every column once.`,
    );
  }
  const back = order.map((_, i) => order.indexOf(i));
  const step = (points: tf.Tensor2D, from: readonly number[], to: readonly number[]): FlowStep => ({
    value: reorder(points, from, to),
    logDeterminant: tf.zeros([points.shape[0]]),
  });
  const config = {kind: 'permutation', order};
  const layer: Flow = {
    dimension,
    contextDimension: 0,
    variables: [],
    forward: (noise) => step(noise, order, back),
    inverse: (value) => step(value, back, order),
    getConfig: () => config,
    dispose: () => undefined,
  };
  return stack([layer], config);
}

/** The columns in another order; the gradient is in the order back, which is cheaper than the one of `tf.gather`. */
function reorder(points: tf.Tensor2D, order: readonly number[], back: readonly number[]): tf.Tensor2D {
  const take = (x: tf.Tensor, indices: readonly number[]) => tf.gather(x, tf.tensor1d([...indices], 'int32'), 1);
  return tf.tidy(() =>
    tf.customGrad((x) => ({
      value: take(x as tf.Tensor, order),
      gradFunc: (upstream: tf.Tensor) => tf.tidy(() => take(upstream, back)),
    }))(points),
  ) as tf.Tensor2D;
}
