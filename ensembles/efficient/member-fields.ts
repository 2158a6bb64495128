import type * as tf from '@tensorflow/tfjs-core';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {NetNoise} from '../../src/posterior/index.ts';
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
  /** Draws where `predict` is not told how many, for random factors and masks. */
  readonly samples: number;
  /** What is drawn inside the net besides the factors. */
  readonly masks?: NetNoise | undefined;
}
