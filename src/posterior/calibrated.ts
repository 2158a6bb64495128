import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/index.ts';
import type {Inputs} from '../models/index.ts';
import type {LatentGaussian, Predictive} from '../predictive/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from './posterior.ts';

/** A calibration that can be put on a posterior. */
export interface Calibration {
  /** Divides the logits (Guo et al. 2017): above 1 makes predictions less sure. Fit it with `fitTemperature`. */
  readonly temperature: number;
}

/**
 * A posterior whose logits are divided by a temperature that was fitted on held-out data (Guo et al. 2017).
 *
 * For posteriors over logits that predict from a Gaussian over them (`laplace`, `pointEstimate`), categorical or
 * bernoulli. Shares the posterior given, so disposing either disposes both. Throws `ConfigError` for a temperature that is not
 * positive and for predictions without logits.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {calibrated, initBackend, pointEstimate} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const predictive = await calibrated(pointEstimate(model), {temperature: 1.5}).predict(tf.zeros([4, 2]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function calibrated(posterior: Posterior, {temperature}: Calibration): Posterior {
  if (!(Number.isFinite(temperature) && temperature > 0)) {
    throw new ConfigError(
      `calibrated: expected a positive, finite temperature, got ${temperature}. Fit one with fitTemperature(logits, labels).`,
    );
  }
  return new TemperedPosterior(posterior, temperature);
}

class TemperedPosterior implements Posterior {
  readonly likelihood: Likelihood;
  readonly #posterior: Posterior;
  readonly #temperature: number;

  constructor(posterior: Posterior, temperature: number) {
    this.likelihood = posterior.likelihood;
    this.#posterior = posterior;
    this.#temperature = temperature;
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const predictive = await this.#posterior.predict(x, options);
    try {
      if (!('latent' in predictive) || !predictive.latent) {
        throw new ConfigError(
          `calibrated: expected predictions from a Gaussian over logits, got '${predictive.kind}' without one. ` +
            'Temperature scaling applies to classifiers such as laplace(model) and pointEstimate(model).',
        );
      }
      const latent = this.#temper(predictive.latent);
      try {
        return this.likelihood.predictive(latent, options);
      } finally {
        tf.dispose({...latent});
      }
    } finally {
      predictive.dispose();
    }
  }

  async sampleOutputs(x: Inputs, options: SampleOptions): Promise<tf.Tensor> {
    const draws = await this.#posterior.sampleOutputs(x, options);
    const tempered = tf.div(draws, this.#temperature);
    draws.dispose();
    return tempered;
  }

  async save(): Promise<tf.io.SaveResult> {
    throw new ConfigError(
      `calibrated.save: expected the posterior itself, got its calibration. Save the posterior, keep the temperature ` +
        `${this.#temperature}, and call calibrated(...) after loading.`,
    );
  }

  dispose(): void {
    this.#posterior.dispose();
  }

  #temper({mean, variance, covariance}: LatentGaussian): LatentGaussian {
    const square = this.#temperature ** 2;
    return {
      mean: tf.div(mean, this.#temperature),
      ...(variance && {variance: tf.div(variance, square)}),
      ...(covariance && {covariance: tf.div(covariance, square)}),
    };
  }
}
