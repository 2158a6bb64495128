import type * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {storedWeights} from '../../src/models/fingerprint.ts';
import type {Net} from '../../src/models/index.ts';

/** The Gaussian of one weight: variance `1 / (ess precision)`. */
export interface WeightGaussian {
  /** Mean, in the shape of the weight. */
  readonly mean: tf.Tensor;
  /** `h + weightDecay`, in the shape of the weight. */
  readonly precision: tf.Tensor;
  /** Effective sample size. */
  readonly ess: number;
  /** Precision of the prior divided by `ess`. */
  readonly weightDecay: number;
}

/** Where training stood when a posterior was taken. */
export interface IvonTraining {
  /** Number of updates. */
  readonly iterations: number;
  /** State of the stream that the noise comes from. */
  readonly rngState: Int32Array;
  /** Of each trainable weight, in model order, what its next update needs. */
  readonly weights: readonly {
    /** The averaged gradient divided by `1 - beta1`, in the shape of the weight. */
    readonly momentum: tf.Tensor;
    /** Number of updates of this weight. */
    readonly steps: number;
  }[];
}

/** All that an `IvonPosterior` holds. */
export interface IvonPosteriorFields {
  /** The model it belongs to. */
  readonly net: Net;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Name of the output layer, where the model has several. */
  readonly output: string | undefined;
  /** One for each trainable weight, in model order; the posterior takes their tensors over. */
  readonly gaussians: readonly WeightGaussian[];
  /** Values of the other weights, in the order of `fixedWeights`; the posterior takes them over. */
  readonly fixed: readonly tf.Tensor[];
  /** What training needs to go on; a merged posterior has none. */
  readonly training: IvonTraining | undefined;
}

/** The weights of a net that are not trained, such as the statistics of BatchNorm. */
export function fixedWeights(net: Net): LayerVariable[] {
  return storedWeights(net.model).filter((weight) => !net.weights.includes(weight));
}
