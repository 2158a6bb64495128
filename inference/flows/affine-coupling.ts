import * as tf from '@tensorflow/tfjs-core';
import {type CouplingOptions, couplingStack, type ElementwiseMap} from './coupling.ts';
import type {Flow} from './flow.ts';

/** No layer stretches or shrinks by more than e to this. */
const LARGEST_LOG_SCALE = 2;

/**
 * A flow of affine coupling layers (RealNVP): each leaves half of the columns, a, alone and maps the others, b, by
 *
 *     b exp(s) + t,   s = 2 tanh(r / 2),   (r, t) = network(a, context),   log |det| = sum s
 *
 * Between layers the columns are rotated by half. Both directions cost one pass. It starts near the identity: standardize what
 * it is to fit. A column alone (D = 1) is stretched and shifted as the context says.
 *
 * Source: Dinh, Sohl-Dickstein and Bengio (2017); log scales are bounded as tanh bounds them.
 *
 * @param options sizes of the flow.
 *
 * @throws ConfigError if a count is not whole, or `weightScale` is 0: with all weights zero none would get a gradient.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {affineCouplingFlow, flowSample} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = affineCouplingFlow({dimension: 3, contextDimension: 2, layers: 4, hidden: [16]});
 * const {value, logDensity} = flowSample(flow, {count: 5, rng: createRng(1), context: tf.zeros([1, 2])});
 * console.log(value.shape, logDensity.shape);   // [5, 3] [5]
 * tf.dispose([value, logDensity]);
 * flow.dispose();
 * ```
 */
export function affineCouplingFlow(options: CouplingOptions): Flow {
  return couplingStack('affine-coupling', affine, options);
}

const affine: ElementwiseMap = {
  parameters: 2,
  forward: (points, raw) => {
    const {logScale, shift} = parametersOf(points, raw);
    return {
      value: tf.add(tf.mul(points, tf.exp(logScale)), shift),
      logDeterminant: tf.sum(logScale, 1),
    };
  },
  inverse: (points, raw) => {
    const {logScale, shift} = parametersOf(points, raw);
    const back = tf.neg(logScale);
    return {value: tf.mul(tf.sub(points, shift), tf.exp(back)), logDeterminant: tf.sum(back, 1)};
  },
};

function parametersOf(points: tf.Tensor2D, raw: tf.Tensor2D): {logScale: tf.Tensor2D; shift: tf.Tensor2D} {
  const [rows, columns] = points.shape;
  const free = tf.slice(raw, [0, 0], [rows, columns]);
  // 2 tanh(r / 2) = 4 sigmoid(r) - 2, which every backend computes fast.
  const logScale = tf.sub(tf.mul(tf.sigmoid(free), 2 * LARGEST_LOG_SCALE), LARGEST_LOG_SCALE);
  return {logScale: logScale as tf.Tensor2D, shift: tf.slice(raw, [0, columns], [rows, columns])};
}
