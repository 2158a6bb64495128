import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {Net} from '../../src/models/index.ts';
import type {NetNoise} from '../../src/posterior/index.ts';
import type {Rng} from '../../src/random/index.ts';

/** What a `NoisePosterior` is made of. */
export interface NoisePosteriorFields {
  /** The noise; its name is that of the function that made the posterior. */
  readonly noise: NetNoise;
  /** The model. */
  readonly net: Net;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Draws where `predict` is not told how many. */
  readonly samples: number;
  /** Where the noise comes from; only forked. */
  readonly rng: Rng;
}
