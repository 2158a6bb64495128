import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {type Likelihood, type LikelihoodConfig, likelihoodFromConfig} from '../../src/likelihoods/index.ts';
import type {Net} from '../../src/models/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'layers/variational';
export const SAVED_VERSION = 1;

/** All that a `VariationalPosterior` is made of. */
export interface VariationalPosteriorFields {
  /** The model. */
  readonly net: Net;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | undefined;
  /** p(y | f). */
  readonly likelihood: Likelihood;
  /** Draws where `predict` is not told how many. */
  readonly samples: number;
}

/** What is saved. */
interface SavedConfig extends SavedNet {
  readonly likelihood: LikelihoodConfig;
  readonly samples: number;
}

/** A posterior in the form of `src/io`: the weights are in the model. */
export function toSaved(fields: VariationalPosteriorFields, fingerprint: string): SavedPosterior {
  const {output, likelihood, samples} = fields;
  const config: SavedConfig = {fingerprint, output: output ?? null, likelihood: likelihood.getConfig(), samples};
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: config as unknown as {readonly [key: string]: Json},
    arrays: {},
  };
}

/** What {@link toSaved} wrote, checked against the model. */
export async function fromSaved({config}: SavedPosterior, context: LoadContext): Promise<VariationalPosteriorFields> {
  const saved = config as unknown as SavedConfig;
  const likelihood = context.likelihood ?? likelihoodFromConfig(saved.likelihood);
  return {...(await loadedNet(context, saved)), samples: saved.samples, likelihood};
}
