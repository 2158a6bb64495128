import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Laplace} from './laplace-posterior.ts';
import type {LaplaceOptions} from './options.ts';

/**
 * A Laplace approximation of a trained model: `await laplace(model).fit(x, y)` is a Posterior.
 *
 * The model stays as it is and need not be retrained. By default only its last layer gets a posterior, Kronecker-factored,
 * which costs one pass over the data; `tune()` then finds the prior precision (Daxberger et al. 2021). A final softmax or
 * sigmoid is split off by itself, so models that end in probabilities and in logits give the same posterior.
 *
 * `structure` says how much of the curvature is kept: dense, Kronecker-factored or diagonal, its leading eigenvectors, or that
 * of a subset of the data, which makes the posterior a Gaussian process ({@link LaplaceOptions}).
 *
 * `weights` may also be those of some layers or a subnetwork of single weights ({@link Subnetwork}), `curvature` a sampled or
 * empirical Fisher or the exact Hessian, and `tune` may tell prior precisions apart by layer ({@link TuneOptions}).
 *
 * Throws `ConfigError` for options it cannot use and for a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {laplace} from 'tfjs-bayes/laplace';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const x = tf.randomNormal([12, 2], 0, 1, 'float32', 1);
 * const y = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], 'int32');
 *
 * const posterior = await laplace(model).fit(x, y);
 * const {priorPrecision} = await posterior.tune();
 * const predictive = await posterior.predict(x);
 * console.log(priorPrecision, predictive.kind); // 'categorical'
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function laplace(model: LayersModel, options: LaplaceOptions = {}): Laplace {
  return new Laplace(model, options);
}
