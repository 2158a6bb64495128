import {registerPosteriorLoader} from '../src/io/index.ts';
import {Laplace} from './laplace-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './saved.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) => {
  const {options, fit} = await fromSaved(saved, context);
  return new Laplace(context.model, options, fit);
});

export type {
  CurvatureKind,
  CurvatureStructure,
  SubspaceStructure,
  SummedStructure,
  WeightSharing,
} from '../src/curvature/index.ts';
export type {LabelledDataset, LabelledIterator} from './fit.ts';
export {FunctionSample} from './function-sample.ts';
export {laplace} from './laplace.ts';
export {Laplace} from './laplace-posterior.ts';
export type {LinearizedOutputs} from './linearized.ts';
export {
  type MarginalLikelihoodStep,
  type MarginalLikelihoodTrainingOptions,
  marginalLikelihoodTraining,
} from './marginal-likelihood-training.ts';
export type {
  LaplaceFitOptions,
  LaplaceOptions,
  LaplacePredictOptions,
  PriorShape,
  ScalarTuneResult,
  TuneOptions,
  TuneResult,
} from './options.ts';
export type {PriorMean} from './prior-mean.ts';
export type {PriorPrecision} from './prior-precision.ts';
export type {LaplaceWeights, Subnetwork} from './subnetwork.ts';
