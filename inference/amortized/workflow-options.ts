import {ConfigError} from '../../src/errors.ts';
import {checkCounts} from '../flows/stack.ts';
import type {OutOfDistribution} from './out-of-distribution.ts';
import type {WorkflowModel} from './workflow-density.ts';

/** How the sampler of the last step is run. */
export interface WorkflowSampler {
  /** `'chees'` (default), whose superchains are judged by nested R-hat, or `'nuts'`, judged by R-hat. */
  readonly kind?: 'chees' | 'nuts';
  /** Chains that start at points of their own: the superchains of ChEES. Default 16, for NUTS 8. */
  readonly chains?: number;
  /** Chains of ChEES that start at the same point. Default 8; 128 as published, made for a graphics card. */
  readonly subchains?: number;
  /** Transitions of warm-up. Default 200. */
  readonly warmup?: number;
  /** Draws of each chain. Default as many as it takes to make `draws` of all chains together. */
  readonly draws?: number;
}

/** Options of {@link amortizedWorkflow}. */
export interface AmortizedWorkflowOptions {
  /** The posterior density, which corrects what the networks say. */
  readonly model: WorkflowModel;
  /** Says which data sets are unlike those of training. */
  readonly outOfDistribution: OutOfDistribution;
  /** S, draws from the networks for each data set. Default 2000. */
  readonly draws?: number;
  /**
   * Which data sets are corrected by importance weights: those flagged as out of distribution (default, as published), or all.
   * Draws of the networks that are kept uncorrected are as good as their training.
   */
  readonly correct?: 'flagged' | 'all';
  /** Corrected draws are resampled by their weights (default), or kept with them: `logWeights`, less noise in expectations. */
  readonly correction?: 'resample' | 'weight';
  /**
   * How many independent draws the weights must be worth, besides a k-hat under its threshold, for the correction to be
   * accepted; the networks draw up to 8 times as often where that is enough. Default 0, as published.
   */
  readonly leastEss?: number;
  /** The sampler for what is left. */
  readonly sampler?: WorkflowSampler;
  /** The sampler's draws need review where R-hat is this or more. Default 1.01. */
  readonly maxRHat?: number;
  /**
   * Whether the model's density also takes a data set for each point: data [S, ...] beside theta [S, D], as broadcasting
   * gives. Samplers of several data sets then share their tensor passes. Default false.
   */
  readonly paired?: boolean;
}

/** The options with their defaults. */
export interface WorkflowSettings extends Required<Omit<AmortizedWorkflowOptions, 'sampler'>> {
  readonly sampler: Required<WorkflowSampler>;
}

/** Fills in the defaults and throws where a number is out of range. */
export function settingsOf(options: AmortizedWorkflowOptions): WorkflowSettings {
  const {model, outOfDistribution, draws = 2000, correct = 'flagged', correction = 'resample'} = options;
  const {leastEss = 0, maxRHat = 1.01, paired = false, sampler = {}} = options;
  const {kind = 'chees', warmup = 200} = sampler;
  const {chains = kind === 'chees' ? 16 : 8} = sampler;
  const subchains = kind === 'chees' ? (sampler.subchains ?? 8) : 1;
  const each = sampler.draws ?? Math.max(Math.floor(draws / (chains * subchains)), kind === 'chees' ? 1 : 4);
  checkCounts('amortizedWorkflow', {
    draws: [draws, 5],
    'sampler.chains': [chains, 2],
    'sampler.subchains': [subchains, kind === 'chees' ? 2 : 1],
    'sampler.warmup': [warmup, 0],
    'sampler.draws': [each, kind === 'chees' ? 1 : 4],
  });
  if (!(maxRHat > 1)) {
    throw new ConfigError(`amortizedWorkflow: expected maxRHat above 1, got ${maxRHat}. Use 1.01.`);
  }
  const filled = {kind, chains, subchains, warmup, draws: each};
  return {model, outOfDistribution, draws, correct, correction, leastEss, maxRHat, paired, sampler: filled};
}

/** All that decides outcomes but the networks, the density and the data, as JSON. */
export function describeSettings({model, outOfDistribution, ...rest}: WorkflowSettings): string {
  return JSON.stringify({...rest, dimension: model.dimension, threshold: outOfDistribution.threshold.toPrecision(6)});
}
