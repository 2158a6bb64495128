import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {type LikelihoodConfig, likelihoodFromConfig} from '../../src/likelihoods/index.ts';
import {netNoise} from '../../src/posterior/net-noise.ts';
import {createRng} from '../../src/random/index.ts';
import {loadedNet, type SavedNet} from '../loaded-net.ts';
import type {NoisePosteriorFields} from './posterior-fields.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'layers/noise';
export const SAVED_VERSION = 1;

/** What is saved. */
interface SavedConfig extends SavedNet {
  readonly method: string;
  readonly likelihood: LikelihoodConfig;
  readonly samples: number;
  readonly fixedMasks: boolean;
  readonly rng: readonly number[];
}

/** A posterior in the form of `src/io`: the noise is in the model's layers, the rates in its fingerprint. */
export function toSaved(fields: NoisePosteriorFields, fingerprint: string): SavedPosterior {
  const config: SavedConfig = {
    method: fields.noise.name,
    fingerprint,
    output: fields.output ?? null,
    likelihood: fields.likelihood.getConfig(),
    samples: fields.samples,
    fixedMasks: fields.noise.shared,
    rng: Array.from(fields.rng.getState()),
  };
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: config as unknown as {readonly [key: string]: Json},
    arrays: {},
  };
}

/** What {@link toSaved} wrote, checked against the model. */
export async function fromSaved({config}: SavedPosterior, context: LoadContext): Promise<NoisePosteriorFields> {
  const saved = config as unknown as SavedConfig;
  const noise = netNoise(saved.method, saved.fixedMasks);
  const {net, output} = await loadedNet(context, saved);
  return {
    noise,
    net,
    output,
    likelihood: context.likelihood ?? likelihoodFromConfig(saved.likelihood),
    samples: saved.samples,
    rng: createRng({state: Int32Array.from(saved.rng)}),
  };
}
