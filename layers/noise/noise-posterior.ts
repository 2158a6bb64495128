import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../../src/models/index.ts';
import {monteCarloPredict, type Posterior, type PredictOptions, type SampleOptions} from '../../src/posterior/index.ts';
import {type NoisyCall, withNoise} from '../../src/posterior/net-noise.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
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
  readonly #layers: readonly NoisyCall[];
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(fields: NoisePosteriorFields, caller: string) {
    this.likelihood = fields.likelihood;
    this.#fields = fields;
    this.#layers = fields.noise.find(fields.net, caller);
    this.#guard = guardModel(fields.net.model);
  }

  /** Names of the layers that are given noise. */
  get layerNames(): readonly string[] {
    return this.#layers.map(({layer}) => layer.name);
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
    const {net, noise} = this.#fields;
    const caller = `${noise.name}.sampleOutputs`;
    if (!Number.isInteger(samples) || samples < 1) {
      throw new ConfigError(
        `${caller}: expected samples to be a whole number above 0, got ${samples}. Pass 100, for example.`,
      );
    }
    const batches = batchesOf(countInputs(x, caller), batchSize, caller);
    await this.#guard.check(`${noise.name}.predict`);
    return tf.tidy(() => {
      const draws = Array.from({length: samples}, (_, s) => {
        const evaluate = (): tf.Tensor[] =>
          batches.map(({start, size}) => tf.tidy(() => net.outputs(sliceInputs(x, start, size))));
        return tf.tidy(() => tf.concat(withNoise(net, this.#layers, noise.shared, rng.fork(s), evaluate)));
      });
      return tf.stack(draws);
    });
  }

  /** Saves what the layers do not say: fingerprint, likelihood, number of draws and state of the stream. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    const caller = `${this.#fields.noise.name}.save`;
    await this.#guard.check(caller);
    return savePosterior(handler, toSaved(this.#fields, await this.#guard.fingerprint()), caller);
  }

  /** Does nothing: there are no tensors of its own. */
  dispose(): void {}
}
