import type * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../src/models/index.ts';
import {checkCount} from './checks.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions} from './deep-ensemble-options.ts';
import type {EnsemblePosterior} from './ensemble-posterior.ts';
import {trainEnsemble} from './train-ensemble.ts';

/** An ensemble that is yet to be trained; made by {@link deepEnsemble}. */
export interface DeepEnsemble {
  /**
   * Trains the members one after the other and joins them.
   *
   * `x` is what `model.predict` takes; `y` are integer labels [N] or one-hot [N, K] for a categorical likelihood, else numbers
   * of the targets' shape. Batches are ordered by the `rng`, so that the same seed gives the same members, resumed or not,
   * where `create` seeds its initializers and the nets hold no unseeded dropout. Disposing the posterior disposes its members.
   *
   * @throws ShapeError, DataError if targets do not fit; DataError if training diverged; ConfigError if `create` returns
   *   another architecture or a model that is not compiled, or the checkpoints are those of another run.
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
 * @throws ConfigError if `members` is no whole number from 1.
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
  checkCount(options.members ?? 5, 'members', 1, 'deepEnsemble');
  return {fit: (x, y, fitOptions = {}) => trainEnsemble(options, x, y, fitOptions)};
}
