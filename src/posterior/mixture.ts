import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/index.ts';
import type {Inputs} from '../models/index.ts';
import {mixPredictives, type Predictive} from '../predictive/index.ts';
import {createRng} from '../random/index.ts';
import type {Posterior, PredictOptions, SampleOptions} from './posterior.ts';

/**
 * Several posteriors, of whatever methods and architectures, as one: `p(y | x) = sum_k weights_k p_k(y | x)`.
 *
 * Classes average probabilities; numbers mix densities, never their parameters; what the posteriors disagree on counts as
 * epistemic. A posterior whose logits are Gaussian (`laplace`) enters by draws of them, the `'mc'` link, so that all parts of
 * the entropy come from the same draws. `keepMembers` keeps one prediction for each posterior. Shares the posteriors given,
 * so disposing either disposes both.
 *
 * @param posteriors at least one, all of the same likelihood; the noise may differ.
 * @param weights one for each posterior, positive; scaled to sum to one. Default equal.
 * @throws ConfigError if there is none, the likelihoods differ, or the weights do not fit.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend, mixture, pointEstimate} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const linear = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const deep = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, inputShape: [2], activation: 'relu'}),
 *     tfl.layers.dense({units: 3, activation: 'softmax'}),
 *   ],
 * });
 * const posterior = mixture([pointEstimate(linear), pointEstimate(deep)], [1, 3]);
 * const predictive = await posterior.predict(tf.ones([4, 2]));
 * console.log(predictive.kind); // 'categorical', with an epistemic part where the two disagree
 * predictive.dispose();
 * ```
 */
export function mixture(posteriors: readonly Posterior[], weights?: readonly number[]): Posterior {
  const [first, ...others] = posteriors;
  if (first === undefined) throw new ConfigError('mixture: expected at least one posterior, got none. Pass a list.');
  const odd = others.find(({likelihood}) => likelihood.name !== first.likelihood.name);
  if (odd) {
    throw new ConfigError(
      `mixture: expected posteriors of one likelihood, got '${first.likelihood.name}' and '${odd.likelihood.name}'. ` +
        'Mix posteriors that say what the same targets are.',
    );
  }
  return new MixturePosterior(posteriors, first.likelihood, scaledWeights(posteriors.length, weights));
}

class MixturePosterior implements Posterior {
  readonly likelihood: Likelihood;
  readonly #posteriors: readonly Posterior[];
  readonly #weights: readonly number[];

  constructor(posteriors: readonly Posterior[], likelihood: Likelihood, weights: readonly number[]) {
    this.likelihood = likelihood;
    this.#posteriors = posteriors;
    this.#weights = weights;
  }

  async predict(x: Inputs, options: PredictOptions = {}): Promise<Predictive> {
    const parts: Predictive[] = [];
    try {
      for (const posterior of this.#posteriors) {
        parts.push(byDraws(await posterior.predict(x, options), posterior.likelihood, options));
      }
      return mixPredictives(parts, this.#weights, options);
    } finally {
      for (const part of parts) part.dispose();
    }
  }

  async sampleOutputs(x: Inputs, {samples, rng = createRng('mixture'), ...options}: SampleOptions): Promise<tf.Tensor> {
    const picked = Array.from(rng.fork('posterior').uniforms(samples), (u) => this.#pick(u));
    const drawn: tf.Tensor[] = [];
    const order: number[] = [];
    try {
      for (const [k, posterior] of this.#posteriors.entries()) {
        const own = picked.flatMap((one, s) => (one === k ? [s] : []));
        if (own.length === 0) continue;
        drawn.push(await posterior.sampleOutputs(x, {...options, samples: own.length, rng: rng.fork(k)}));
        order.push(...own);
      }
      const places = Int32Array.from(order.keys()).sort((a, b) => (order[a] as number) - (order[b] as number));
      return tf.tidy(() => tf.gather(tf.concat(drawn), tf.tensor1d(places, 'int32')));
    } finally {
      tf.dispose(drawn);
    }
  }

  async save(): Promise<tf.io.SaveResult> {
    throw new ConfigError(
      'mixture.save: expected a posterior of one method, got a mixture. Save each of its posteriors, and call ' +
        'mixture([...]) after loading.',
    );
  }

  dispose(): void {
    for (const posterior of this.#posteriors) posterior.dispose();
  }

  #pick(uniform: number): number {
    let left = uniform;
    const found = this.#weights.findIndex((weight) => (left -= weight) < 0);
    return found < 0 ? this.#weights.length - 1 : found; // rounding may leave the sum of the weights below one
  }
}

/** The prediction itself, or where it comes from Gaussian logits, the average over draws of them. Takes it over. */
function byDraws(predictive: Predictive, likelihood: Likelihood, {samples, rng}: PredictOptions): Predictive {
  if (!('latent' in predictive) || !predictive.latent) return predictive;
  try {
    return likelihood.predictive(predictive.latent, {link: 'mc', ...(samples && {samples}), ...(rng && {rng})});
  } finally {
    predictive.dispose();
  }
}

function scaledWeights(
  count: number,
  weights: readonly number[] = new Array<number>(count).fill(1),
): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length !== count || !weights.every((weight) => weight > 0) || !Number.isFinite(total)) {
    throw new ConfigError(
      `mixture: expected ${count} positive weights, one for each posterior, got [${weights.join(', ')}]. ` +
        'Leave them out for equal weights.',
    );
  }
  return weights.map((weight) => weight / total);
}
