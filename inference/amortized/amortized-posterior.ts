import type * as tf from '@tensorflow/tfjs-core';
import type {Rng} from '../../src/random/index.ts';
import type {DataSets, Simulator} from './simulator.ts';
import type {Training, TrainingOptions} from './training.ts';

/** Draws of an amortized posterior. */
export interface AmortizedDraws {
  /** Draws in unconstrained space, [n S, D]: S rows for the first data set, then S for the second. */
  readonly theta: tf.Tensor2D;
  /** log q(theta | data) at each, [n S], in nats. */
  readonly logDensity: tf.Tensor1D;
}

/** Options of {@link AmortizedPosterior.sample}. */
export interface AmortizedSampleOptions {
  /** S, draws for each data set. Default 1000. */
  readonly draws?: number;
  /** One stream for all, or one for each data set, so that its draws do not depend on its neighbours. Default `createRng(0)`. */
  readonly rng?: Rng | readonly Rng[];
}

/** A posterior for any data set of a simulator: trained once, then one pass through two networks for each data set. */
export interface AmortizedPosterior {
  /** D, the number of columns of theta. */
  readonly dimension: number;
  /** C, the number of columns of the summaries. */
  readonly summaryDimension: number;
  /** The names of theta's columns: those of a model's parameters, or `theta[0]`, `theta[1]`. */
  readonly names: readonly string[];
  /** Where parameters and data come from. */
  readonly simulator: Simulator;
  /** Trains both networks on simulations; a second call goes on from the weights that the first one left. */
  train(options?: TrainingOptions): Promise<Training>;
  /** What the flow is conditioned on, [n, C]. */
  summaries(data: DataSets): tf.Tensor2D;
  /** Draws given each of n data sets. */
  sample(data: DataSets, options?: AmortizedSampleOptions): AmortizedDraws;
  /**
   * log q(theta | data), [n S], in nats.
   *
   * @param theta points in unconstrained space, [n S, D]: S rows for each data set, in the order of `sample`.
   * @param data n data sets.
   */
  logDensity(theta: tf.Tensor2D, data: DataSets): tf.Tensor1D;
  /**
   * Saves weights and scales, to a path or `file://` URL (Node), any URL that tfjs saves to, or a `tf.io` handler.
   *
   * @param target where to.
   */
  save(target: string | tf.io.IOHandler): Promise<tf.io.SaveResult>;
  /**
   * Puts back what `save` wrote, in a posterior that was made the same way.
   *
   * @param source where from.
   */
  load(source: string | tf.io.IOHandler): Promise<void>;
  /** Disposes the flow and the summary network. */
  dispose(): void;
}
