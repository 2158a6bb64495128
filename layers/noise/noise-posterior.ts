import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../../src/models/index.ts';
import {withOverrides} from '../../src/models/override.ts';
import {monteCarloPredict, type Posterior, type PredictOptions, type SampleOptions} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {type DrawNoise, drawNoise} from './noise-source.ts';
import type {NoisePosteriorFields} from './posterior-fields.ts';
import {toSaved} from './saved.ts';

/**
 * Draws of a net whose noisy layers are given seeded noise, everything else in inference mode: made by `mcDropout` and
 * `bottleneckPosterior`.
 *
 * Input i of draw s sees the same noise whatever `batchSize` is. The model itself is never changed.
 */
export class NoisePosterior implements Posterior {
  /** p(y | f). */
  readonly likelihood: Likelihood;
  readonly #fields: NoisePosteriorFields;
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(fields: NoisePosteriorFields) {
    this.likelihood = fields.likelihood;
    this.#fields = fields;
    this.#guard = guardModel(fields.net.model);
  }

  /** Names of the layers that are given noise. */
  get layerNames(): readonly string[] {
    return this.#fields.layers.map(({layer}) => layer.name);
  }

  /** The average over draws. Throws `ModelMismatchError` if the model was trained on since. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    return monteCarloPredict(this, x, {samples: this.#fields.samples, ...options});
  }

  /** Outputs of draws, [S, N, ..., C]; with `fixedMasks` each is one function. */
  async sampleOutputs(
    x: Inputs,
    {samples, batchSize = 256, rng = this.#fields.rng}: SampleOptions,
  ): Promise<tf.Tensor> {
    const caller = `${this.#fields.method}.sampleOutputs`;
    if (!Number.isInteger(samples) || samples < 1) {
      throw new ConfigError(
        `${caller}: expected samples to be a whole number above 0, got ${samples}. Pass 100, for example.`,
      );
    }
    const batches = batchesOf(countInputs(x, caller), batchSize, caller);
    await this.#guard.check(`${this.#fields.method}.predict`);
    return tf.tidy(() => {
      const draws = Array.from({length: samples}, (_, s) => {
        const noise = drawNoise(rng.fork(s), this.#fields.fixedMasks);
        return tf.tidy(() =>
          tf.concat(batches.map(({start, size}) => tf.tidy(() => this.#outputs(sliceInputs(x, start, size), noise)))),
        );
      });
      return tf.stack(draws);
    });
  }

  /** Saves what the layers do not say: fingerprint, likelihood, number of draws and state of the stream. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const caller = `${this.#fields.method}.save`;
    await this.#guard.check(caller);
    return savePosterior(handler, toSaved(this.#fields, await this.#guard.fingerprint()), caller);
  }

  /** Does nothing: there are no tensors of its own. */
  dispose(): void {}

  #outputs(x: Inputs, noise: DrawNoise): tf.Tensor {
    noise.startBatch();
    const overrides = this.#fields.layers.map(({layer, call}, i) => {
      const source = noise.layer(i);
      const value = (inputs: tf.Tensor[], kwargs: Record<string, unknown> = {}) => call(inputs, kwargs, source);
      return {target: layer, key: 'call', value};
    });
    return withOverrides(overrides, () => this.#fields.net.outputs(x));
  }
}
