import * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../src/models/index.ts';
import {requireExamples} from './arguments.ts';
import type {FittedModel} from './fitted-model.ts';
import {linearizedDraws} from './linearized.ts';
import type {PosteriorWeights} from './posterior-weights.ts';

/**
 * One function drawn from a posterior, f(x) + J(x) delta for one draw of the weights' change delta: made by
 * `Laplace.thompsonSample`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {laplace} from 'tfjs-bayes/laplace';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
 * const x = tf.reshape(tf.linspace(-1, 1, 10), [10, 1]);
 * const posterior = await laplace(model, {likelihood: 'gaussian'}).fit(x, tf.mul(x, 2));
 * const sample = posterior.thompsonSample({rng: createRng(1)});
 * const highest = await tf.argMax(tf.reshape(sample.outputs(x), [-1])).data();
 * console.log(highest[0]); // where this draw would look next
 * sample.dispose();
 * posterior.dispose();
 * ```
 */
export class FunctionSample {
  readonly #model: FittedModel;
  readonly #weights: PosteriorWeights;
  readonly #delta: readonly tf.Tensor1D[];

  /** For a flat change of the weights of a model as it was fitted. @internal */
  constructor({model, weights}: {model: FittedModel; weights: PosteriorWeights}, delta: Float64Array) {
    this.#model = model;
    this.#weights = weights;
    this.#delta = weights.cut(delta).map((part) => tf.keep(tf.tensor1d(part)));
  }

  /**
   * The function at `x`, [N, ..., C]: synchronous and differentiable in `x`. The caller disposes it. Throws
   * `ModelMismatchError` if the model was trained on since.
   */
  outputs(x: Inputs): tf.Tensor {
    this.#model.requireUnwritten('functionSample.outputs');
    requireExamples(this.#weights.net, x, 'functionSample.outputs');
    return tf.tidy(() => tf.squeeze(linearizedDraws(this.#weights, [this.#delta], x), [0]));
  }

  /** Disposes the draw. */
  dispose(): void {
    tf.dispose([...this.#delta]);
  }
}
