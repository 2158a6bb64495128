import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError, DataError} from '../errors.ts';
import {type Likelihood, resolveLikelihood} from '../likelihoods/index.ts';
import {batchesOf, countInputs, createNet, type Inputs, type Net, sliceInputs} from '../models/index.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from './posterior.ts';

/** Options of {@link pointEstimate}. */
export interface PointEstimateOptions {
  /**
   * What the outputs mean: a name or a likelihood. Default: from the head, as in `laplace`. Numbers need a likelihood that
   * knows their noise, such as `gaussian({noiseScale})`, because there is no fit here that could estimate it.
   */
  readonly likelihood?: Likelihood | string;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/**
 * The model as it is, seen as a Posterior with all its mass on the trained weights: the baseline that others are judged by.
 *
 * Its predictions have no epistemic part. It cannot be saved, because the model is all there is. Throws `ConfigError` for a
 * linear head without a likelihood, for the bare name `'gaussian'`, which leaves the noise in the units of y open, and for
 * `samples` below 1; `DataError` where `predict` gets no example.
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
  const likelihood = resolveLikelihood(options.likelihood, net.head, 'pointEstimate');
  if (typeof options.likelihood === 'string' && likelihood.name === 'gaussian') {
    throw new ConfigError(
      `pointEstimate: expected a likelihood with its noise, got the name '${options.likelihood}', which leaves it open. ` +
        'Pass gaussian({noiseScale}) with the noise in the units of y, e.g. posterior.noiseScale of a fitted laplace.',
    );
  }
  return new PointEstimate(net, likelihood);
}

class PointEstimate implements Posterior {
  readonly likelihood: Likelihood;
  readonly #net: Net;

  constructor(net: Net, likelihood: Likelihood) {
    this.#net = net;
    this.likelihood = likelihood;
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    if (options.samples !== undefined) checkSamples('predict', options.samples);
    const mean = this.#outputs('predict', x, options.batchSize);
    try {
      return this.likelihood.predictive({mean}, options);
    } finally {
      mean.dispose();
    }
  }

  async sampleOutputs(x: Inputs, {samples, batchSize}: SampleOptions): Promise<tf.Tensor> {
    checkSamples('sampleOutputs', samples);
    return tf.tidy(() => {
      const outputs = this.#outputs('sampleOutputs', x, batchSize);
      return tf.tile(tf.expandDims(outputs, 0), [samples, ...outputs.shape.map(() => 1)]);
    });
  }

  async save(): Promise<tf.io.SaveResult> {
    throw new ConfigError(
      'pointEstimate.save: expected a posterior, got the model itself. Save it with model.save(...).',
    );
  }

  dispose(): void {}

  #outputs(method: string, x: Inputs, batchSize = 256): tf.Tensor {
    const examples = countInputs(x, `pointEstimate.${method}`);
    if (examples === 0) {
      throw new DataError(`pointEstimate.${method}: expected at least one example in x, got none. Pass some inputs.`);
    }
    return tf.tidy(() =>
      tf.concat(
        batchesOf(examples, batchSize, `pointEstimate.${method}`).map(({start, size}) =>
          tf.tidy(() => this.#net.outputs(sliceInputs(x, start, size))),
        ),
      ),
    );
  }
}

function checkSamples(method: string, samples: number): void {
  if (Number.isInteger(samples) && samples >= 1) return;
  throw new ConfigError(
    `pointEstimate.${method}: expected samples to be a whole number above 0, got ${samples}. Pass 100, for example.`,
  );
}
