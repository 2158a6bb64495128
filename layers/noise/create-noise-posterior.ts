import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {LikelihoodChoice} from '../../src/likelihoods/index.ts';
import {createNet} from '../../src/models/index.ts';
import type {NetNoise} from '../../src/posterior/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {knownLikelihood} from '../known-likelihood.ts';
import {NoisePosterior} from './noise-posterior.ts';

/** Options of every posterior of a noisy net. */
export interface NoiseOptions {
  /**
   * What the outputs mean: a name or a likelihood. Default: from the head, categorical after a softmax and bernoulli after a
   * sigmoid; a linear head must name one, and for numbers one that knows its noise, such as `gaussian({noiseScale})`.
   */
  readonly likelihood?: LikelihoodChoice;
  /** Standard deviation of the noise of a Gaussian likelihood, in the units of y. */
  readonly noiseScale?: number;
  /** Draws where `predict` is not told how many. Default 100. */
  readonly samples?: number;
  /** Where the noise comes from; only forked. Default: a fixed seed, so that predictions repeat. */
  readonly rng?: Rng;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** The posterior of a net with that noise. Throws `ConfigError` for options that it cannot use. */
export function createNoisePosterior(model: tfl.LayersModel, noise: NetNoise, options: NoiseOptions): NoisePosterior {
  const {name} = noise;
  const {output, samples = 100, rng = createRng('noise')} = options;
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(
      `${name}: expected samples to be a whole number above 0, got ${samples}. Leave it out for 100.`,
    );
  }
  const net = createNet(model, {caller: name, ...(output !== undefined && {output})});
  const likelihood = knownLikelihood(options, net.head, name);
  return new NoisePosterior({noise, net, output, likelihood, samples, rng}, name);
}
