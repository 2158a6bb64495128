import type * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Host} from './host.ts';
import type {SwagMoments} from './swag-moments.ts';

/** What a `SwagPosterior` is made of; it takes the tensors over. */
export interface SwagFields {
  /** The model that lends its architecture. */
  readonly host: Host;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** One Gaussian for each run: several make it a MultiSWAG posterior. Over the trainable weights. */
  readonly runs: readonly SwagMoments[];
  /** Multiplies the covariance. */
  readonly scale: number;
  /** Values of every weight of the host; those that were not trained are never changed. */
  readonly rest: readonly tf.Tensor[];
  /** Inputs for the statistics of BatchNormalization layers, where there are such layers. */
  readonly inputs?: readonly tf.Tensor[] | undefined;
  /** Name of the output looked at, where the model has several. */
  readonly output?: string | undefined;
}
