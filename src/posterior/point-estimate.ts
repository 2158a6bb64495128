import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../errors.ts';
import {type Likelihood, resolveLikelihood} from '../likelihoods/index.ts';
import {batchesOf, countInputs, createNet, type Inputs, type Net, sliceInputs} from '../models/index.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from './posterior.ts';

/** Options of {@link pointEstimate}. */
export interface PointEstimateOptions {
  /** What the outputs mean: a name or a likelihood. Default: from the head, as in `laplace`. */
  readonly likelihood?: Likelihood | string;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/**
 * The model as it is, seen as a Posterior with all its mass on the trained weights: the baseline that others are judged by.
 *
 * Its predictions have no epistemic part. Throws `ConfigError` for a linear head without a likelihood; cannot be saved,
 * because the model is all there is.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, pointEstimate} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const predictive = await pointEstimate(model).predict(tf.zeros([4, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function pointEstimate(model: LayersModel, options: PointEstimateOptions = {}): Posterior {
  const net = createNet(model, {
    caller: 'pointEstimate',
    ...(options.output !== undefined && {output: options.output}),
  });
  return new PointEstimate(net, resolveLikelihood(options.likelihood, net.head, 'pointEstimate'));
}

class PointEstimate implements Posterior {
  readonly likelihood: Likelihood;
  readonly #net: Net;

  constructor(net: Net, likelihood: Likelihood) {
    this.#net = net;
    this.likelihood = likelihood;
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const mean = this.#outputs(x, options.batchSize);
    try {
      return this.likelihood.predictive({mean}, options);
    } finally {
      mean.dispose();
    }
  }

  async sampleOutputs(x: Inputs, {samples, batchSize}: SampleOptions): Promise<tf.Tensor> {
    return tf.tidy(() => {
      const outputs = this.#outputs(x, batchSize);
      return tf.tile(tf.expandDims(outputs, 0), [samples, ...outputs.shape.map(() => 1)]);
    });
  }

  async save(): Promise<tf.io.SaveResult> {
    throw new ConfigError(
      'pointEstimate.save: expected a posterior, got the model itself. Save it with model.save(...).',
    );
  }

  dispose(): void {}

  #outputs(x: Inputs, batchSize = 256): tf.Tensor {
    return tf.tidy(() =>
      tf.concat(
        batchesOf(countInputs(x), batchSize).map(({start, size}) =>
          tf.tidy(() => this.#net.outputs(sliceInputs(x, start, size))),
        ),
      ),
    );
  }
}
