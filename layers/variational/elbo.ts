import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {Inputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {findVariational} from './find.ts';
import {type VariationalPosteriorOptions, variational} from './variational-posterior.ts';

/** The evidence lower bound and its parts, in nats. */
export interface Elbo {
  /** `logLikelihood - kl`, a lower bound of log p(y | x). */
  readonly elbo: number;
  /** E_q[log p(y | x, w)], summed over the examples; estimated from draws. */
  readonly logLikelihood: number;
  /** KL(q || prior), summed over all weights that have a posterior. */
  readonly kl: number;
  /** Whether `kl` is exact; else it is the average over the draws. */
  readonly klExact: boolean;
}

/** Options of {@link elbo}. */
export interface ElboOptions extends VariationalPosteriorOptions {
  /** Inputs evaluated at once. Default 256. */
  readonly batchSize?: number;
  /** Where draws come from. Default: a fixed seed. */
  readonly rng?: Rng;
}

/**
 * The evidence lower bound of a model with variational layers on its training data, its two parts apart:
 *
 *     elbo = E_q[log p(y | x, w)] - KL(q || prior)
 *
 * `fit` minimizes `-elbo / trainSize` where the loss is that of the likelihood and `klWeight` is 1. Here the KL divergence counts
 * in full, once for each layer, whatever `klWeight` is, frozen layers included.
 *
 * @param model A model with variational layers.
 * @param x Inputs of all training examples.
 * @param y Their targets.
 * @param options Draws and likelihood, as `variational` takes them.
 * @param options.samples Draws of the weights. Default 100.
 * @param options.batchSize Inputs evaluated at once. Default 256.
 * @param options.rng Where draws come from. Default: a fixed seed.
 * @param options.likelihood What the outputs mean. Default: from the head.
 * @param options.noiseScale Standard deviation of the noise, for a likelihood given by a name that has one.
 * @param options.output Name of the output layer, for models with several outputs.
 * @throws ConfigError as `variational` does; ShapeError or DataError for targets that do not fit.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {gaussian, initBackend} from 'tfjs-bayes';
 * import {bayesDense, elbo} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 1, inputShape: [2], trainSize: 4})]});
 * const likelihood = gaussian({noiseScale: 1});
 * const parts = await elbo(model, tf.zeros([4, 2]), tf.zeros([4, 1]), {likelihood, samples: 8});
 * console.log(parts.logLikelihood.toFixed(3), parts.klExact);   // -3.676 true
 * ```
 */
export async function elbo(
  model: tfl.LayersModel,
  x: Inputs,
  y: tf.Tensor,
  {batchSize, rng = createRng('elbo'), samples = 100, ...options}: ElboOptions = {},
): Promise<Elbo> {
  const posterior = variational(model, {samples, ...options});
  posterior.dispose();
  const {likelihood} = posterior;
  const outputs = await posterior.sampleOutputs(x, {samples, rng: rng.fork('weights'), ...(batchSize && {batchSize})});
  let targets: tf.Tensor | undefined;
  try {
    const prepared = await likelihood.prepareTargets(y, outputs.shape.slice(1), 'elbo');
    targets = prepared;
    const ofDraws = tf.tidy(() =>
      tf.stack(tf.unstack(outputs).map((f) => tf.neg(tf.sum(likelihood.negLogProb(f, prepared))))),
    );
    const logLikelihood = await meanOf(ofDraws);
    const {kl, klExact} = await divergence(model, samples, rng.fork('kl'));
    return {elbo: logLikelihood - kl, logLikelihood, kl, klExact};
  } finally {
    tf.dispose(targets ? [outputs, targets] : outputs);
  }
}

/** KL(q || prior) of the model, averaged over estimates where it has no closed form. */
async function divergence(model: tfl.LayersModel, samples: number, rng: Rng): Promise<Pick<Elbo, 'kl' | 'klExact'>> {
  const weights = findVariational(model.layers).map(({q}) => q);
  const klExact = weights.every(({all, options}) => all.every(({family}) => family.closedForm(options.prior)));
  const estimates = Array.from({length: klExact ? 1 : samples}, (_, s) =>
    tf.tidy(() => tf.addN(weights.map((one, i) => one.klDivergence(rng.fork(s).fork(i))))),
  );
  return {kl: await meanOf(estimates), klExact};
}

/** Mean of the numbers in one or more tensors, in float64; disposes them. */
async function meanOf(tensors: tf.Tensor | readonly tf.Tensor[]): Promise<number> {
  const all = Array.isArray(tensors) ? (tensors as readonly tf.Tensor[]) : [tensors as tf.Tensor];
  const values = (await Promise.all(all.map((tensor) => tensor.data()))).flatMap((part) => Array.from(part));
  tf.dispose([...all]);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
