import * as tf from '@tensorflow/tfjs-core';
import type {Inputs} from '../src/models/index.ts';
import {Approximation, type Assumptions} from './approximation.ts';
import type {Fit} from './fit.ts';
import {FittedModel} from './fitted-model.ts';
import {LinearizedBatches} from './linearized-batches.ts';
import type {PosteriorWeights} from './posterior-weights.ts';
import type {PriorTarget} from './prior-precision.ts';
import type {StructureOptions} from './structure-options.ts';
import type {WeightGaussian} from './structures/structure.ts';

/** A fit with the tensors that follow from it, each made when first needed. */
export class Fitted {
  readonly fit: Fit;
  readonly approximation: Approximation;
  readonly weights: PosteriorWeights;
  /** The model as it was fitted. */
  readonly model: FittedModel;
  /** The trained variables that hold the weights with a posterior. */
  readonly mean: readonly tf.Tensor[];
  #gaussian: WeightGaussian | undefined;

  constructor(fit: Fit, options: StructureOptions, model = new FittedModel(fit.weights.net.model)) {
    this.fit = fit;
    this.approximation = new Approximation(fit, options);
    this.weights = fit.weights;
    this.model = model;
    this.mean = fit.weights.variables.map((variable) => tf.keep(tf.clone(variable.read())));
  }

  /** What prior precisions are for. */
  get priorTarget(): PriorTarget {
    const {structure, layouts} = this.fit.curvature;
    return {structure, tensors: layouts};
  }

  /** The weight posterior under these assumptions, the same until `forget` is called. */
  gaussian(assumptions: Assumptions): WeightGaussian {
    if (!this.#gaussian) {
      this.#gaussian = this.approximation.gaussian(assumptions);
      for (const tensor of this.#gaussian.tensors) tf.keep(tensor); // they outlive a caller's tidy
    }
    return this.#gaussian;
  }

  /** The linearized net at `x`. */
  batches(x: Inputs, batchSize: number | undefined, caller: string): LinearizedBatches {
    return new LinearizedBatches(this.weights, this.fit.curvature, x, {batchSize, caller});
  }

  /** To be called when the assumptions change. */
  forget(): void {
    tf.dispose([...(this.#gaussian?.tensors ?? [])]);
    this.#gaussian = undefined;
  }

  /** Throws `ModelMismatchError` if the model has other weights than when it was fitted. */
  async requireSameModel(caller: string): Promise<void> {
    await this.model.requireSame(this.weights.net, this.fit.fingerprint, caller);
  }

  dispose(): void {
    this.forget();
    tf.dispose([...this.mean]);
  }
}
