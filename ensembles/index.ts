import {registerPosteriorLoader} from '../src/io/index.ts';
import {MemberPosterior} from './efficient/member-posterior.ts';
import {membersFromSaved, SAVED_METHOD} from './efficient/member-saved.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './saved.ts';
import {SwagPosterior} from './swag-posterior.ts';
import {swagFromSaved} from './swag-saved.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) => {
  if (saved.config.method === 'swag') return new SwagPosterior(swagFromSaved(saved, context));
  if (saved.config.method === SAVED_METHOD)
    return new MemberPosterior(membersFromSaved(saved, context), 'loadPosterior');
  return new EnsemblePosterior(fromSaved(saved, context));
});

export type {CheckpointTarget} from './checkpoints.ts';
export {type CollectionTimes, Collector} from './collector.ts';
export {type CyclicalOptions, type CyclicalSchedule, cyclical, type Schedule} from './cyclical.ts';
export {
  type HyperEnsemble,
  type HyperEnsembleOptions,
  type HyperEnsembleResult,
  type HyperMemberContext,
  hyperEnsemble,
} from './data-side/hyper-ensemble.ts';
export {type MixupMpOptions, mixupMp} from './data-side/mixup-mp.ts';
export type {Resampling} from './data-side/variation.ts';
export {type DeepEnsemble, deepEnsemble} from './deep-ensemble.ts';
export type {
  DeepEnsembleOptions,
  EnsembleFitOptions,
  EnsembleProgress,
  MemberContext,
  MemberModule,
} from './deep-ensemble-options.ts';
export {type Distillation, type DistillOptions, distill} from './distill.ts';
export * from './efficient/index.ts';
export {ensembleOf} from './ensemble-of.ts';
export {EnsemblePosterior} from './ensemble-posterior.ts';
export {type GraphEnsembleOptions, GraphEnsemblePosterior, type PredictingGraph} from './graph-ensemble.ts';
export type {EnsembleFields, Host} from './host.ts';
export type {LikelihoodOptions} from './likelihood.ts';
export {type CheckpointEnsembleOptions, checkpointEnsemble, MemberCollector} from './member-collector.ts';
export {EntropyCollector, type EntropyEnsembleOptions, entropyEnsemble} from './samplers/entropy-ensemble.ts';
export {entropyMcmc} from './samplers/entropy-mcmc.ts';
export {type EntropyMcmcOptions, EntropyOptimizer} from './samplers/entropy-optimizer.ts';
export {type Hmc, HmcPosterior, hmc} from './samplers/hmc.ts';
export type {HmcOptions, HmcProgress, HmcRun} from './samplers/hmc-options.ts';
export {type LangevinDynamics, LangevinOptimizer, type LangevinOptions} from './samplers/langevin-optimizer.ts';
export {NoseHooverOptimizer, type SgnhtOptions} from './samplers/nose-hoover-optimizer.ts';
export {SamplerOptimizer, type SamplerOptions} from './samplers/sampler-optimizer.ts';
export type {ScaleAdaptation} from './samplers/scale-adaptation.ts';
export {type SghmcOptions, sghmc} from './samplers/sghmc.ts';
export {sgld} from './samplers/sgld.ts';
export {sgnht} from './samplers/sgnht.ts';
export {StructuredOptimizer, type StructuredOptions} from './samplers/structured-optimizer.ts';
export {structuredSgmcmc} from './samplers/structured-sgmcmc.ts';
export type {WeightBlocks} from './samplers/weight-blocks.ts';
export {type SnapshotEnsembleOptions, snapshotEnsemble} from './snapshot-ensemble.ts';
export {SwagCollector, type SwagOptions, swag} from './swag.ts';
export type {SwagFields} from './swag-fields.ts';
export type {SwagMoments} from './swag-moments.ts';
export {multiSwag, SwagPosterior} from './swag-posterior.ts';
export type {MemberCallback} from './train-member.ts';
export {type EmaOptions, ema, swa, WeightAverage} from './weight-average.ts';
