import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {DataError, ShapeError} from '../../src/errors.ts';
import {type Likelihood, type LikelihoodChoice, resolveLikelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, createNet, type Inputs, type Net, sliceInputs} from '../../src/models/index.ts';
import {knownLikelihood} from '../known-likelihood.ts';
import {asRows} from '../vbll/head.ts';
import {FeaturePrecision} from './feature-precision.ts';
import {GaussianProcess} from './gaussian-process.ts';
import {findHead, headInputs} from './head-inputs.ts';
import {SngpPosterior} from './sngp-posterior.ts';

/** Options of {@link sngp}. */
export interface SngpOptions {
  /** What the outputs mean: a name or a likelihood. Default: from a final softmax or sigmoid; else it must be named. */
  readonly likelihood?: LikelihoodChoice;
  /** Standard deviation of the noise of a Gaussian likelihood. Default: the RMSE on the data of `fit`. */
  readonly noiseScale?: number;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** A trained model whose covariance is still to be computed. Made by {@link sngp}. */
export interface SngpFit {
  /**
   * The posterior, in one pass over the data.
   *
   * @param x inputs of the model, N examples.
   * @param y targets, as the model was trained on: labels or one-hot rows, or numbers.
   * @param options how to evaluate the model.
   * @param options.batchSize inputs evaluated at once. Default 256.
   */
  fit(x: Inputs, y: tf.Tensor, options?: {batchSize?: number}): Promise<SngpPosterior>;
}

/**
 * Spectral-normalized neural Gaussian process: the posterior of a model that ends in `gaussianProcess` (Liu et al. 2020).
 *
 *     precision_k = priorPrecision I + sum_i h_ik phi_i phi_i^T,  h_ik = p_ik (1 - p_ik) for classes, 1 / noiseScale^2 for numbers
 *     f_k(x) ~ N(phi^T weights_k, phi^T precision_k^-1 phi)
 *
 * the Laplace approximation of the last layer, one class at a time, and exact for numbers with known noise once the weights are trained.
 * Predictions are in closed form, in one pass: for classes the mean-field logits `mean / sqrt(1 + pi / 8 variance)`. Memory is
 * K M^2 numbers for classes.
 *
 * Known limit: the covariance knows the data through the features only; where the net maps strange inputs on top of ordinary ones, it says
 * nothing. `spectralNormalization` in residual blocks works against that.
 *
 * Throws `ConfigError` where the model ends in another layer.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {gaussianProcess, sngp} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([40, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32');
 * const last = gaussianProcess({units: 2, trainSize: 40, features: 32, seed: 1, inputShape: [2]});
 * const model = tfl.sequential({layers: [last, tfl.layers.activation({activation: 'softmax'})]});
 * model.compile({optimizer: tf.train.adam(0.1), loss: 'categoricalCrossentropy'});
 * await model.fit(x, tf.oneHot(y, 2), {epochs: 3, verbose: 0});
 *
 * const posterior = await sngp(model).fit(x, y);
 * const predictive = await posterior.predict(tf.tensor2d([[0, 0], [9, 9]]));
 * console.log(predictive.kind); // 'categorical': sure of neither class far from the data
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function sngp(model: tfl.LayersModel, options: SngpOptions = {}): SngpFit {
  const {output, noiseScale} = options;
  const net = createNet(model, {caller: 'sngp', ...(output !== undefined && {output})});
  const head = findHead(net, GaussianProcess, 'sngp');
  const open = noiseScale === undefined && typeof options.likelihood === 'string';
  const likelihood = open
    ? resolveLikelihood(options.likelihood, net.head, 'sngp')
    : knownLikelihood(options, net.head, 'sngp');
  return {
    fit: async (x, y, {batchSize = 256} = {}) => {
      const known = await prepare({net, likelihood, open}, x, y, batchSize);
      try {
        const precision = await sumPrecision(net, head, known, x, batchSize);
        const roots = precision.roots(head.priorPrecision);
        const {features: M} = head;
        return new SngpPosterior({
          net,
          head,
          output,
          likelihood: known.likelihood,
          roots: tf.tensor3d(roots, [precision.outputs, M, M]),
        });
      } finally {
        known.targets.dispose();
      }
    },
  };
}

interface Prepared {
  readonly likelihood: Likelihood;
  readonly targets: tf.Tensor;
}

/** Targets in the form of the likelihood, and the likelihood with its noise. The caller disposes the targets. */
async function prepare(
  {net, likelihood, open}: {net: Net; likelihood: Likelihood; open: boolean},
  x: Inputs,
  y: tf.Tensor,
  batchSize: number,
): Promise<Prepared> {
  const count = countInputs(x, 'sngp.fit');
  if (y.shape[0] !== count) {
    throw new ShapeError(
      `sngp.fit: expected y with ${count} examples on its first axis like x, got [${y.shape}]. ` +
        'Give one target for each example.',
    );
  }
  const outputs = tf.tidy(() =>
    tf.concat(batchesOf(count, batchSize).map(({start, size}) => net.outputs(sliceInputs(x, start, size)))),
  );
  let targets: tf.Tensor | undefined;
  try {
    if (!(await outputs.data()).every(Number.isFinite)) {
      throw new DataError(
        "sngp.fit: expected finite outputs, got NaN or infinities. Look in x and in the model's weights.",
      );
    }
    targets = await likelihood.prepareTargets(y, outputs.shape, 'sngp.fit');
    const {squaredResiduals} = likelihood;
    if (!open || !squaredResiduals || !likelihood.withNoiseScale) return {likelihood, targets};
    const prepared = targets;
    const residuals = tf.tidy(() => tf.sum(squaredResiduals(outputs, prepared)));
    const [sum] = await residuals.data();
    residuals.dispose();
    return {likelihood: likelihood.withNoiseScale(Math.sqrt((sum as number) / outputs.size)), targets};
  } catch (error) {
    targets?.dispose();
    throw error;
  } finally {
    outputs.dispose();
  }
}

async function sumPrecision(
  net: Net,
  head: GaussianProcess,
  {likelihood, targets}: Prepared,
  x: Inputs,
  batchSize: number,
): Promise<FeaturePrecision> {
  const same = likelihood.squaredResiduals !== undefined;
  const precision = new FeaturePrecision(head.features, same ? 1 : head.units, likelihood);
  for (const {start, size} of batchesOf(countInputs(x), batchSize)) {
    const batch = tf.tidy(() => {
      const phi = head.randomFeatures(asRows(headInputs(net, head, sliceInputs(x, start, size))));
      return {
        phi,
        outputs: tf.matMul(phi, head.weights2d) as tf.Tensor2D,
        y: sliceInputs(targets, start, size) as tf.Tensor,
      };
    });
    try {
      await precision.add(batch);
    } finally {
      tf.dispose({...batch});
    }
  }
  return precision;
}
