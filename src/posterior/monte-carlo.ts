import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {batchesOf, countInputs, type Inputs, type Net, sliceInputs, withWeights} from '../models/index.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Posterior, PredictOptions} from './posterior.ts';

/** Several weight vectors of one net. */
export interface WeightDraws {
  /** The net. */
  readonly net: Net;
  /** The weights that take other values, in the order of each draw; all others stay as they are. */
  readonly weights: readonly LayerVariable[];
  /** Number S of draws. */
  readonly samples: number;
  /**
   * Draw number `s`, from 0 to S - 1, asked for once and in order. Tensors that it makes are disposed, tensors that existed
   * before stay.
   */
  draw(s: number): readonly tf.Tensor[];
}

/**
 * The outputs of a net under each of several weight vectors, shape [S, N, ..., C]:
 *
 *     outputs[s] = f(x; draw(s))
 *
 * One weight vector exists at a time, and every batch of inputs sees the same S of them, so that the result does not depend
 * on `batchSize`. The model's own weights are never touched. The caller disposes the result.
 *
 * @param draws the net, the weights and their values.
 * @param x inputs of the model, N examples.
 * @param batchSize inputs evaluated at once. Default 256.
 * @throws ConfigError if the number of draws is not a positive integer.
 * @throws ShapeError if inputs or weights have other shapes than the model's.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createNet, createRng, initBackend, normalTensor, outputsOfDraws} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = createNet(tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2]})]}));
 * const rng = createRng(1);
 * const draw = () => net.weights.map((weight) => normalTensor(rng, weight.shape as number[]));
 * const outputs = outputsOfDraws({net, weights: net.weights, samples: 5, draw}, tf.ones([4, 2]));
 * console.log(outputs.shape); // [5, 4, 3]
 * ```
 */
export function outputsOfDraws({net, weights, samples, draw}: WeightDraws, x: Inputs, batchSize = 256): tf.Tensor {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(
      `outputsOfDraws: expected samples to be a whole number above 0, got ${samples}. Pass 100, for example.`,
    );
  }
  const batches = batchesOf(countInputs(x), batchSize);
  return tf.tidy(() => {
    const outputs = Array.from({length: samples}, (_, s) =>
      tf.tidy(() =>
        withWeights(weights, draw(s), () =>
          tf.concat(batches.map(({start, size}) => tf.tidy(() => net.outputs(sliceInputs(x, start, size))))),
        ),
      ),
    );
    return tf.stack(outputs);
  });
}

/**
 * The predictive distribution of a posterior by Monte Carlo, from its own draws of the outputs:
 *
 *     p(y | x) = 1/S sum_s p(y | f_s(x)),   f_1 ... f_S from posterior.sampleOutputs
 *
 * What a posterior without a closed form calls in `predict`.
 *
 * @param posterior what draws outputs, and its likelihood.
 * @param x inputs of the model, N examples.
 * @param options those of `predict`; 100 samples by default.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, monteCarloPredict} from 'tfjs-bayes';
 * import {laplace} from 'tfjs-bayes/laplace';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * const posterior = await laplace(model).fit(tf.randomNormal([4, 3]), tf.tensor1d([0, 1, 0, 1], 'int32'));
 * const predictive = await monteCarloPredict(posterior, tf.zeros([5, 3]), {samples: 20, keepMembers: true});
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export async function monteCarloPredict(
  posterior: Pick<Posterior, 'likelihood' | 'sampleOutputs'>,
  x: Inputs,
  options: PredictOptions = {},
): Promise<Predictive> {
  const {samples = 100, batchSize, rng} = options;
  const draws = await posterior.sampleOutputs(x, {
    samples,
    ...(batchSize !== undefined && {batchSize}),
    ...(rng && {rng}),
  });
  try {
    return posterior.likelihood.predictive({draws}, options);
  } finally {
    draws.dispose();
  }
}
