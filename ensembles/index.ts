import {registerPosteriorLoader} from '../src/io/index.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './saved.ts';
import {SwagPosterior} from './swag-posterior.ts';
import {swagFromSaved} from './swag-saved.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) =>
  saved.config.method === 'swag'
    ? new SwagPosterior(swagFromSaved(saved, context))
    : new EnsemblePosterior(fromSaved(saved, context)),
);

export type {CheckpointTarget} from './checkpoints.ts';
export {type CollectionTimes, Collector} from './collector.ts';
export {type CyclicalOptions, type CyclicalSchedule, cyclical, type Schedule} from './cyclical.ts';
export {type DeepEnsemble, deepEnsemble} from './deep-ensemble.ts';
export type {
  DeepEnsembleOptions,
  EnsembleFitOptions,
  EnsembleProgress,
  MemberContext,
} from './deep-ensemble-options.ts';
export {ensembleOf} from './ensemble-of.ts';
export {EnsemblePosterior} from './ensemble-posterior.ts';
export type {EnsembleFields, Host} from './host.ts';
export {LangevinOptimizer, type LangevinOptions} from './langevin-optimizer.ts';
export type {LikelihoodOptions} from './likelihood.ts';
export {type CheckpointEnsembleOptions, checkpointEnsemble, MemberCollector} from './member-collector.ts';
export {type SghmcOptions, sghmc} from './sghmc.ts';
export {sgld} from './sgld.ts';
export {type SnapshotEnsembleOptions, snapshotEnsemble} from './snapshot-ensemble.ts';
export {SwagCollector, type SwagOptions, swag} from './swag.ts';
export type {SwagFields} from './swag-fields.ts';
export type {SwagMoments} from './swag-moments.ts';
export {multiSwag, SwagPosterior} from './swag-posterior.ts';
export type {MemberCallback} from './train-member.ts';
export {type EmaOptions, ema, swa, WeightAverage} from './weight-average.ts';
