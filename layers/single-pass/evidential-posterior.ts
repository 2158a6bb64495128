import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {heteroscedasticGaussian, type Likelihood} from '../../src/likelihoods/index.ts';
import {createNet, type Inputs, type Net} from '../../src/models/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../../src/posterior/index.ts';
import type {StudentTPredictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';
import {guardModel, type ModelGuard} from '../model-guard.ts';
import {savePosterior} from '../save-posterior.ts';
import {inBatches} from './batches.ts';
import {EvidentialRegression} from './evidential-regression.ts';
import {gammaDraws} from './gamma-draws.ts';
import {findHead, headInputs} from './head-inputs.ts';
import {type NormalInverseGamma, studentTOf} from './normal-inverse-gamma.ts';

/** Name and version of the format. */
export const REGRESSION_KIND = 'layers/evidential-regression';
export const REGRESSION_VERSION = 1;

const PARTS = ['gamma', 'nu', 'alpha', 'beta'] as const;

/** The Student-t that a net with an evidential last layer predicts, in closed form. Made by {@link evidentialPosterior}. */
export class EvidentialPosterior implements Posterior {
  /** Draws of f are a mean and a raw variance for each target. */
  readonly likelihood: Likelihood = heteroscedasticGaussian();
  readonly #net: Net;
  readonly #output: string | undefined;
  readonly #head: EvidentialRegression;
  readonly #guard: ModelGuard;

  /** @internal */
  constructor(net: Net, output: string | undefined, caller: string) {
    this.#net = net;
    this.#output = output;
    this.#head = findHead(net, EvidentialRegression, caller);
    this.#guard = guardModel(net.model);
  }

  /** The predictive at `x`, deterministic. Throws `ModelMismatchError` if the model was trained on since. */
  async predict(x: Inputs, {batchSize}: PredictOptions = {}): Promise<StudentTPredictive> {
    await this.#guard.check('evidentialPosterior.predict');
    const belief = this.#belief(x, batchSize);
    try {
      return studentTOf(belief);
    } finally {
      tf.dispose({...belief});
    }
  }

  /**
   * Draws of what `heteroscedasticGaussian` takes, [S, N, ..., 2C]: means, then raw variances, independently for each input. Their
   * mixture is `predict` with the error of so many draws.
   */
  async sampleOutputs(
    x: Inputs,
    {samples, batchSize, rng = createRng('evidential')}: SampleOptions,
  ): Promise<tf.Tensor> {
    await this.#guard.check('evidentialPosterior.sampleOutputs');
    const belief = this.#belief(x, batchSize);
    try {
      const {gamma} = belief;
      const [means, nu, alpha, beta] = (await Promise.all(
        PARTS.map((part) => belief[part].data()),
      )) as unknown as Values;
      return tf.tidy(() =>
        tf.stack(
          Array.from({length: samples}, (_, s) => {
            const [mu, raw] = draw({means, nu, alpha, beta}, rng.fork(s));
            return tf.concat([tf.tensor(mu, gamma.shape), tf.tensor(raw, gamma.shape)], -1);
          }),
        ),
      );
    } finally {
      tf.dispose({...belief});
    }
  }

  /** Saves the fingerprint of the model, which holds the rest. */
  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#guard.check('evidentialPosterior.save');
    const config = {fingerprint: await this.#guard.fingerprint(), output: this.#output ?? null};
    const saved = {kind: REGRESSION_KIND, version: REGRESSION_VERSION, config, arrays: {}};
    return savePosterior(handler, saved, 'evidentialPosterior.save');
  }

  /** Does nothing: there are no tensors of its own. */
  dispose(): void {}

  #belief(x: Inputs, batchSize?: number): NormalInverseGamma {
    return tf.tidy(() => {
      const all = inBatches(x, batchSize, (part) => {
        const belief = this.#head.belief(headInputs(this.#net, this.#head, part));
        return tf.stack(
          PARTS.map((name) => belief[name]),
          -1,
        );
      });
      const [gamma, nu, alpha, beta] = tf.unstack(all, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return {gamma, nu, alpha, beta};
    });
  }
}

/**
 * What a trained model that ends in `evidentialRegression` says about its targets: a Student-t for each.
 *
 * Keeps to the weights that the model has now: after more training, make it again. Throws `ConfigError` where the model ends in another
 * layer.
 *
 * @param model the model.
 * @param options which output.
 * @param options.output name of the output layer, for models with several outputs.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {evidentialPosterior, evidentialRegression} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [evidentialRegression({units: 2, inputShape: [3]})]});
 * const predictive = await evidentialPosterior(model).predict(tf.ones([4, 3]));
 * console.log(predictive.epistemicVariance.shape); // [4, 2]
 * predictive.dispose();
 * ```
 */
export function evidentialPosterior(model: tfl.LayersModel, {output}: {output?: string} = {}): EvidentialPosterior {
  const net = createNet(model, {caller: 'evidentialPosterior', ...(output !== undefined && {output})});
  return new EvidentialPosterior(net, output, 'evidentialPosterior');
}

/** What `save` wrote, for the same model. */
export async function loadEvidential({config}: SavedPosterior, context: LoadContext): Promise<EvidentialPosterior> {
  const {net, output} = await loadedNet(context, config as unknown as SavedNet);
  return new EvidentialPosterior(net, output, 'loadPosterior');
}

type Values = [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>, ArrayLike<number>];

/** Means and raw variances, whose softplus is the variance, of one draw. */
function draw(
  {means, nu, alpha, beta}: Record<'means' | 'nu' | 'alpha' | 'beta', ArrayLike<number>>,
  rng: Rng,
): [Float32Array, Float32Array] {
  const precisions = gammaDraws(rng.fork('variance'), alpha);
  const noise = rng.fork('mean').normals(precisions.length);
  const [mu, raw] = [new Float32Array(noise.length), new Float32Array(noise.length)];
  for (let i = 0; i < noise.length; i++) {
    const variance = (beta[i] as number) / (precisions[i] as number);
    mu[i] = (means[i] as number) + Math.sqrt(variance / (nu[i] as number)) * (noise[i] as number);
    raw[i] = variance > 30 ? variance : Math.log(Math.expm1(variance));
  }
  return [mu, raw];
}
