import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {saveHandler, toArtifacts} from '../../src/io/index.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../../src/models/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {conjugateUpdate} from './conjugate-update.ts';
import {type FeatureSource, findHead, headFeatures} from './features.ts';
import {VbllGenerativeClassification} from './generative-classification.ts';
import {asRows, type Moments, type VbllHead} from './head.ts';
import {toSaved} from './saved.ts';

/** How unusual an input is; see {@link VbllPosterior.oodScore}. */
export type VbllOodScore = 'max-probability' | 'feature-density';

/** One function drawn from a posterior. */
export interface FunctionDraw {
  /** f(x), [N, ..., K]: synchronous, and differentiable in `x`. The caller disposes it. */
  outputs(x: Inputs): tf.Tensor;
  /** Disposes the draw. */
  dispose(): void;
}

/** Posterior of a net whose last layer is a VBLL head: closed form and deterministic. Made by {@link vbllPosterior}. */
export class VbllPosterior implements Posterior {
  /** p(y | f) of the head. */
  readonly likelihood: Likelihood;
  /** The head. */
  readonly head: VbllHead;
  readonly #source: FeatureSource;
  readonly #ownsHead: boolean;

  /** @internal */
  constructor(head: VbllHead, source: FeatureSource, {ownsHead}: {ownsHead: boolean}) {
    this.head = head;
    this.likelihood = head.likelihood;
    this.#source = source;
    this.#ownsHead = ownsHead;
  }

  /** The predictive distribution at `x`. Throws `ModelMismatchError` if the model was trained on since. */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    await this.#source.check('vbllPosterior.predict');
    const moments = tf.tidy(() => this.#moments(x, options.batchSize));
    try {
      return this.head.predictive(moments, options);
    } finally {
      tf.dispose(moments);
    }
  }

  /** Draws of the outputs at `x`, [S, N, ..., K]: each draw one function, the same for every input. */
  async sampleOutputs(
    x: Inputs,
    {samples, batchSize = 256, rng = createRng('vbll')}: SampleOptions,
  ): Promise<tf.Tensor> {
    await this.#source.check('vbllPosterior.sampleOutputs');
    return tf.tidy(() => {
      const draws = Array.from({length: samples}, () => this.head.draw(rng));
      const parts = batchesOf(countInputs(x), batchSize).map(({start, size}) =>
        tf.tidy(() => {
          const features = this.#source.features(sliceInputs(x, start, size));
          return tf.stack(draws.map((draw) => this.#outputsOf(draw, features)));
        }),
      );
      return tf.concat(parts, 1);
    });
  }

  /**
   * One function from the posterior, the same wherever it is evaluated: its maximum over x is a Thompson sample
   * (Thompson 1933). The caller disposes it.
   */
  drawFunction(rng: Rng): FunctionDraw {
    const draw = this.head.draw(rng);
    return {
      outputs: (x) => tf.tidy(() => this.#outputsOf(draw, this.#source.features(x))),
      dispose: () => draw.dispose(),
    };
  }

  /**
   * How unusual each input is, [N ...]; higher is more so.
   *
   * `'max-probability'` (default) is minus the probability of the predicted class; `'feature-density'` minus the log-density
   * of the features, for `vbllGenerativeClassification` heads. Throws `ConfigError` where the head has no such score.
   */
  async oodScore(
    x: Inputs,
    {score = 'max-probability', batchSize}: {score?: VbllOodScore; batchSize?: number} = {},
  ): Promise<Float32Array> {
    await this.#source.check('vbllPosterior.oodScore');
    const scores = score === 'feature-density' ? this.#surprise(x, batchSize) : await this.#doubt(x, batchSize);
    try {
      return Float32Array.from(await scores.data());
    } finally {
      scores.dispose();
    }
  }

  /**
   * Adds data by the exact conjugate update, with features and noise as they are: the same as one update with all of it.
   * For online learning and Bayesian optimization. Changes the head's weights, also in the model that it belongs to.
   *
   * Needs a `vbllRegression` head with `covariance: 'dense-precision'`, else throws `ConfigError`; `y` [N, ..., K].
   */
  async update(x: Inputs, y: tf.Tensor): Promise<this> {
    await this.#source.check('vbllPosterior.update');
    const features = tf.tidy(() => this.#source.features(x));
    let targets: tf.Tensor | undefined;
    try {
      const shape = [...features.shape.slice(0, -1), this.head.outputSize];
      targets = await this.likelihood.prepareTargets(y, shape, 'vbllPosterior.update');
      await conjugateUpdate(this.head, features, targets);
    } finally {
      tf.dispose([features, ...(targets ? [targets] : [])]);
    }
    this.#source.renew();
    return this;
  }

  async save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
    await this.#source.check('vbllPosterior.save');
    const target = saveHandler(handler);
    if (!target.save) {
      throw new ConfigError('vbllPosterior.save: expected a handler with a save method, got one that only loads.');
    }
    return target.save(toArtifacts(await toSaved(this.head, this.#source, this.#ownsHead)));
  }

  dispose(): void {
    if (this.#ownsHead) this.head.dispose();
  }

  #moments(x: Inputs, batchSize = 256): Moments {
    const parts = batchesOf(countInputs(x), batchSize).map(({start, size}) =>
      tf.tidy(() => {
        const features = this.#source.features(sliceInputs(x, start, size));
        const positions = features.shape.slice(0, -1);
        const moments = Object.entries(this.head.moments(asRows(features)));
        return Object.fromEntries(
          moments.map(([name, tensor]) => [name, tf.reshape(tensor, [...positions, this.head.units])]),
        );
      }),
    );
    const names = Object.keys(parts[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, tf.concat(parts.map((part) => part[name] as tf.Tensor))]));
  }

  #outputsOf(draw: tf.Tensor2D, features: tf.Tensor): tf.Tensor {
    const outputs = this.head.outputsOf(draw, asRows(features));
    return tf.reshape(outputs, [...features.shape.slice(0, -1), this.head.outputSize]);
  }

  async #doubt(x: Inputs, batchSize?: number): Promise<tf.Tensor> {
    const predictive = await this.predict(x, batchSize === undefined ? {} : {batchSize});
    try {
      if (predictive.kind !== 'categorical') {
        throw new ConfigError(
          `vbllPosterior.oodScore: expected a head for classes, got predictions of kind '${predictive.kind}'. ` +
            'Use the epistemicVariance of predict(x) instead.',
        );
      }
      return tf.tidy(() => tf.neg(tf.max(predictive.probs, -1)));
    } finally {
      predictive.dispose();
    }
  }

  #surprise(x: Inputs, batchSize = 256): tf.Tensor {
    const {head} = this;
    if (!(head instanceof VbllGenerativeClassification)) {
      throw new ConfigError(
        `vbllPosterior.oodScore: expected a generative head for score 'feature-density', got ${head.getClassName()}. ` +
          "Use score 'max-probability', or a vbllGenerativeClassification head.",
      );
    }
    return tf.tidy(() =>
      tf.concat(
        batchesOf(countInputs(x), batchSize).map(({start, size}) =>
          tf.tidy(() => tf.neg(head.logFeatureDensity(asRows(this.#source.features(sliceInputs(x, start, size)))))),
        ),
      ),
    );
  }
}

/**
 * The posterior of a trained model that ends in a VBLL head. Predictions are in closed form: no sampling.
 *
 * Keeps to the weights that the model has now: after more training, make it again. Throws `ConfigError` where the model
 * ends in another layer. `save` keeps a reference to the model's weights only; save the model beside it.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {vbllPosterior, vbllRegression} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [vbllRegression({units: 1, trainSize: 10, inputShape: [2]})]});
 * const posterior = vbllPosterior(model);
 * const x = tf.tensor2d([[0, 0], [1, 2]]);
 * const predictive = await posterior.predict(x);
 * const f = posterior.drawFunction(createRng(1));
 * console.log(f.outputs(x).shape); // [2, 1]
 * f.dispose();
 * predictive.dispose();
 * ```
 */
export function vbllPosterior(model: tfl.LayersModel): VbllPosterior {
  const head = findHead(model, 'vbllPosterior');
  return new VbllPosterior(head, headFeatures(model, head), {ownsHead: false});
}
