import type * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {Inputs} from '../models/inputs.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Rng} from '../random/rng.ts';

/** Options of {@link Posterior.predict}. */
export interface PredictOptions {
  /** Monte-Carlo draws where the method needs them. Default 100. */
  readonly samples?: number;
  /** Inputs evaluated at once; bounds memory, never changes the result. Default 256. */
  readonly batchSize?: number;
  /** Where draws come from. Default: a fixed seed, so that predictions repeat. */
  readonly rng?: Rng;
  /** Keep the prediction of each draw. Default false. */
  readonly keepMembers?: boolean;
}

/** Options of {@link Posterior.sampleOutputs}. */
export interface SampleOptions {
  /** Number of draws S. */
  readonly samples: number;
  /** Inputs evaluated at once. Default 256. */
  readonly batchSize?: number;
  /** Where draws come from. Default: a fixed seed. */
  readonly rng?: Rng;
}

/** p(y | x, data), whichever method made it. */
export interface Posterior {
  /** p(y | f), the distribution of the targets given latent outputs f. */
  readonly likelihood: Likelihood;
  /** The predictive distribution at `x`: closed form where the method has one, else Monte Carlo. */
  predict(x: Inputs, options?: PredictOptions): Promise<Predictive>;
  /** Draws of the latent outputs f(x), shape [S, N, ..., C]; the caller disposes them. */
  sampleOutputs(x: Inputs, options: SampleOptions): Promise<tf.Tensor>;
  /** Saves everything but the model; load with `loadPosterior(handler, {model})`. */
  save(handler: string | tf.io.IOHandler): Promise<tf.io.SaveResult>;
  /** Disposes the posterior's own tensors; the model stays the user's. */
  dispose(): void;
}

/** A posterior that can draw whole weight vectors. */
export interface WeightPosterior extends Posterior {
  /** One draw of every weight, in the order and shape of `mean`; the caller disposes them. */
  sampleWeights(rng: Rng): tf.Tensor[];
  /** Posterior mean of every weight; owned by the posterior. */
  readonly mean: readonly tf.Tensor[];
}
