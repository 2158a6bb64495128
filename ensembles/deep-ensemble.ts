import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../src/errors.ts';
import type {Inputs} from '../src/models/index.ts';
import {checkCount} from './checks.ts';
import type {DataVariation} from './data-side/variation.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions} from './deep-ensemble-options.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {trainEnsemble} from './train-ensemble.ts';

/** An ensemble that is yet to be trained; made by {@link deepEnsemble}. */
export interface DeepEnsemble {
  /**
   * Trains the members, one after another or `workers` at once, and joins them.
   *
   * `x` is what `model.predict` takes; `y` are integer labels [N] or one-hot [N, K] for a categorical likelihood, else numbers
   * of the targets' shape. Batches are ordered by the `rng`, so that the same seed gives the same members, resumed or not,
   * where `create` seeds its initializers and the nets hold no unseeded dropout. Disposing the posterior disposes its members.
   *
   * @throws ShapeError, DataError if targets or weights do not fit; DataError if training diverged; ConfigError if `create` returns
   *   another architecture or a model that is not compiled, the checkpoints are those of another run, or a worker cannot use
   *   the module given. If a worker fails, those at work finish and are saved, and the error names the member.
   */
  fit(x: Inputs, y: tf.Tensor, options?: EnsembleFitOptions): Promise<EnsemblePosterior>;
}

/**
 * Several nets trained from different initial weights in different orders of the data, as one posterior (Lakshminarayanan,
 * Pritzel and Blundell, 2017): `p(y | x) = 1/M sum_m p(y | f_m(x))`.
 *
 * Where the likelihood is `'gaussian'` by name alone, its noise is the members' root mean squared residual. For noise that
 * depends on the input, build nets with two outputs per target, compile them with `heteroscedasticGaussian().loss` or
 * `betaNll()`, and pass `likelihood: 'heteroscedastic-gaussian'`.
 *
 * @throws ConfigError if `members` or `workers` is no whole number from 1, or `resample` is no name of a resampling.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {deepEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const posterior = await deepEnsemble({
 *   create: ({rng}) => {
 *     const seed = Math.floor((rng.uniforms(1)[0] ?? 0) * 1e9);
 *     const kernelInitializer = tfl.initializers.glorotUniform({seed});
 *     const layer = tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax', kernelInitializer});
 *     const model = tfl.sequential({layers: [layer]});
 *     model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 *     return model;
 *   },
 *   members: 3,
 *   rng: createRng(42),
 * }).fit(tf.randomNormal([8, 3]), tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), {epochs: 2});
 * const predictive = await posterior.predict(tf.ones([4, 3]));
 * console.log(posterior.size, predictive.kind); // 3 'categorical'
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function deepEnsemble(options: DeepEnsembleOptions): DeepEnsemble {
  const {resample} = options;
  if (resample !== undefined && !['bootstrap', 'bayesian-bootstrap'].includes(resample)) {
    throw new ConfigError(
      `deepEnsemble: expected resample to be 'bootstrap' or 'bayesian-bootstrap', got '${resample}'. Leave it out for all data.`,
    );
  }
  return ensembleOnVariations(options, resample && {kind: resample}, 'deepEnsemble');
}

/** A {@link deepEnsemble} each of whose members sees its own variation of the data. */
export function ensembleOnVariations(
  options: DeepEnsembleOptions,
  variation: DataVariation | undefined,
  caller: string,
): DeepEnsemble {
  checkCount(options.members ?? 5, 'members', 1, caller);
  checkCount(options.workers ?? 1, 'workers', 1, caller);
  return {
    fit: async (x, y, fitOptions = {}) =>
      new EnsemblePosterior(await trainEnsemble(options, x, y, fitOptions, variation)),
  };
}
