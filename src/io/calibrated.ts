import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Inputs} from '../models/inputs.ts';
import {type Calibration, calibratePredictive, checkCalibration} from '../posterior/calibration.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../posterior/posterior.ts';
import {temperBefore} from '../posterior/temper.ts';
import type {Predictive} from '../predictive/index.ts';
import {fromArtifacts, type SavedPosterior, toArtifacts} from './artifacts.ts';
import {saveHandler} from './handlers.ts';
import type {Json} from './header.ts';

/** Kind and version of a calibrated posterior in a file. */
export const CALIBRATED_KIND = 'calibrated';
export const CALIBRATED_VERSION = 1;

/** A {@link Posterior} whose predictions go through a calibration. */
export interface CalibratedPosterior extends Posterior {
  /** The calibration. */
  readonly calibration: Calibration;
}

/**
 * A posterior whose predictions go through a calibration that was fitted on held-out data.
 *
 * Classes: the calibrated probabilities are what is predicted; their entropy keeps the aleatoric share that the uncalibrated had,
 * but for a temperature `'before'` averaging, which divides the logits of the latent Gaussian or of each member and splits
 * anew. Probabilities of 0 become 1e-38. Numbers: `'variance-scaling'` multiplies standard deviations and leaves means alone; `'pit'`
 * gives a {@link RecalibratedPredictive}, whose mean, quantiles and density all change. `sampleOutputs` gives latent outputs, which
 * only a temperature `'before'` averaging changes.
 *
 * Shares the posterior given, so that disposing either disposes both. `save` writes both into one file that `loadPosterior`
 * reads. Throws `ConfigError` for a calibration that does not fit the predictions.
 *
 * @param posterior Any posterior.
 * @param calibration Of `fitCalibration`, or `{temperature}` of `fitTemperature`.
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
export function calibrated(posterior: Posterior, calibration: Calibration): CalibratedPosterior {
  checkCalibration('calibrated', calibration);
  return new Calibrated(posterior, calibration);
}

/** A calibrated posterior from what {@link CalibratedPosterior.save} wrote; `load` reads the posterior inside. */
export async function loadCalibrated(
  {config, arrays}: SavedPosterior,
  load: (inner: SavedPosterior) => Promise<Posterior>,
): Promise<Posterior> {
  const {calibration, inner} = config as unknown as {
    calibration: Calibration;
    inner: Omit<SavedPosterior, 'arrays'>;
  };
  return calibrated(await load({...inner, arrays}), calibration);
}

class Calibrated implements CalibratedPosterior {
  readonly likelihood: Likelihood;
  readonly calibration: Calibration;
  readonly #posterior: Posterior;

  constructor(posterior: Posterior, calibration: Calibration) {
    this.likelihood = posterior.likelihood;
    this.calibration = calibration;
    this.#posterior = posterior;
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const {calibration} = this;
    const temperature = temperatureBefore(calibration);
    if (temperature === undefined) return calibratePredictive(await this.#posterior.predict(x, options), calibration);
    const predictive = await this.#posterior.predict(x, {...options, keepMembers: true});
    try {
      const source = await temperBefore(this.#posterior, x, predictive, options);
      try {
        return await source.at(temperature);
      } finally {
        source.dispose();
      }
    } finally {
      predictive.dispose();
    }
  }

  async sampleOutputs(x: Inputs, options: SampleOptions): Promise<tf.Tensor> {
    const draws = await this.#posterior.sampleOutputs(x, options);
    const temperature = temperatureBefore(this.calibration);
    if (temperature === undefined) return draws;
    const tempered = tf.div(draws, temperature);
    draws.dispose();
    return tempered;
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    let inside: SavedPosterior | undefined;
    const result = await this.#posterior.save({
      save: async (artifacts) => {
        inside = fromArtifacts(artifacts, 'calibrated.save');
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      },
    });
    const target = saveHandler(handler);
    if (!target.save) {
      throw new ConfigError('calibrated.save: expected a handler with a save method, got one that only loads.');
    }
    if (inside === undefined) return result;
    const {arrays, ...inner} = inside;
    const config = {calibration: this.calibration as unknown as Json, inner: inner as unknown as Json};
    return target.save(toArtifacts({kind: CALIBRATED_KIND, version: CALIBRATED_VERSION, config, arrays}));
  }

  dispose(): void {
    this.#posterior.dispose();
  }
}

function temperatureBefore(calibration: Calibration): number | undefined {
  if ('maps' in calibration || !('temperature' in calibration)) return undefined;
  return calibration.averaging === 'after' ? undefined : calibration.temperature;
}
