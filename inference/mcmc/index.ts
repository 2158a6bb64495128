export {type CheesOptions, chees} from './chees.ts';
export {type HmcOptions, hmc} from './hmc.ts';
export {type NutsOptions, nuts} from './nuts.ts';
export type {SamplerOptions} from './options.ts';
export type {
  ChainState,
  Divergence,
  McmcResult,
  SamplerProgress,
  SamplerState,
  SamplerStatistics,
  TrajectoryState,
} from './result.ts';
export type {SamplerTarget} from './target.ts';
