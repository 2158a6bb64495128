import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import type {Flow} from './flow.ts';

/** Draws of a flow and how dense it is there. */
export interface FlowDraws {
  /** The draws, [N, D]. */
  readonly value: tf.Tensor2D;
  /** log q at each, [N], in nats. */
  readonly logDensity: tf.Tensor1D;
}

/** Options of {@link flowSample}. */
export interface FlowSampleOptions {
  /** N, how many draws. */
  readonly count: number;
  /** Takes `count * dimension` normals, draw by draw. */
  readonly rng: Rng;
  /** What a conditional flow is conditioned on: [N, C], or [1, C] for all. */
  readonly context?: tf.Tensor2D;
}

/**
 * Draws from a flow, with their log densities in the same pass.
 *
 *     log q(value) = log N(noise; 0, I) - log |det d value / d noise|
 *
 * Differentiable in the flow's variables and the context; the caller owns the tensors.
 *
 * @param flow the flow.
 * @param options how many, the stream and the context.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {affineFlow, flowLogDensity, flowSample} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = affineFlow({dimension: 2});
 * const {value, logDensity} = flowSample(flow, {count: 100, rng: createRng(1)});
 * const again = flowLogDensity(flow, value);   // the same numbers
 * console.log(logDensity.shape, again.shape);   // [100] [100]
 * tf.dispose([value, logDensity, again]);
 * flow.dispose();
 * ```
 */
export function flowSample(flow: Flow, {count, rng, context}: FlowSampleOptions): FlowDraws {
  return tf.tidy(() => {
    const noise = normalTensor<tf.Rank.R2>(rng, [count, flow.dimension]);
    const {value, logDeterminant} = flow.forward(noise, context);
    return {value, logDensity: tf.sub(standardNormal(noise), logDeterminant) as tf.Tensor1D};
  });
}

/**
 * The log density of a flow at given points, [N], in nats.
 *
 *     log q(value) = log N(inverse(value); 0, I) + log |det d inverse / d value|
 *
 * Differentiable in everything; the caller owns the tensor.
 *
 * @param flow a flow with an inverse.
 * @param value the points, [N, D].
 * @param context what a conditional flow is conditioned on: [N, C], or [1, C] for all.
 *
 * @throws ConfigError if the flow has no inverse.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {affineFlow, flowLogDensity} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = affineFlow({dimension: 1});
 * const logDensity = flowLogDensity(flow, tf.zeros([1, 1]));
 * console.log((await logDensity.data())[0]);   // -0.919, that of a standard normal
 * tf.dispose(logDensity);
 * flow.dispose();
 * ```
 */
export function flowLogDensity(flow: Flow, value: tf.Tensor2D, context?: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const step = flow.inverse?.(value, context);
    if (step === undefined) {
      throw new ConfigError(
        `flowLogDensity: expected a flow with an inverse, got ${flow.getConfig().kind}. Take the density of its own draws ` +
          'from flowSample, or a coupling flow.',
      );
    }
    return tf.add(standardNormal(step.value), step.logDeterminant) as tf.Tensor1D;
  });
}

/** log N(noise; 0, I) of each row. */
export function standardNormal(noise: tf.Tensor2D): tf.Tensor {
  const constant = (noise.shape[1] * Math.log(2 * Math.PI)) / 2;
  return tf.sub(tf.mul(tf.sum(tf.square(noise), 1), -0.5), constant);
}
