import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {Net} from '../../src/models/index.ts';
import type {Rng} from '../../src/random/index.ts';
import type {NoisyCall} from './noisy-layer.ts';

/** What a `NoisePosterior` is made of. */
export interface NoisePosteriorFields {
  /** Name of the function that made it, for messages and files. */
  readonly method: string;
  /** The model. */
  readonly net: Net;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** The layers that are given noise. */
  readonly layers: readonly NoisyCall[];
  /** Draws where `predict` is not told how many. */
  readonly samples: number;
  /** Whether all inputs share the noise of a draw. */
  readonly fixedMasks: boolean;
  /** Where the noise comes from; only forked. */
  readonly rng: Rng;
}
