import type * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {Host} from '../host.ts';

/** What a `MemberPosterior` is made of; it takes the weights over. @internal */
export interface MemberFields {
  /** The model. */
  readonly host: Host;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Its weights, in the order of the host's variables. */
  readonly weights: readonly tf.Tensor[];
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** Draws where `predict` is not told how many, for random factors. */
  readonly samples: number;
}
