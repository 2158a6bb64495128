export {
  type DiffusionFamily,
  type DiffusionFamilyOptions,
  type DpmSolverOptions,
  diffusionFamily,
  dpmSolver,
  type NoisePrediction,
  type SolveOptions,
} from './diffusion/index.ts';
export type {Estimator} from './estimators.ts';
export type {
  CovarianceMatrix,
  FamilyDraws,
  GaussianFamily,
  GaussianMoments,
  MovingFrame,
  VariationalFamily,
} from './family.ts';
export {
  type FitVariationalOptions,
  fitVariational,
  type VariationalFit,
  type VariationalProgress,
} from './fit-variational.ts';
export {flowFamily} from './flow-family.ts';
export {type ForwardBackwardOptions, forwardBackwardGaussian} from './forward-backward.ts';
export {type FullRankOptions, fullRank} from './full-rank.ts';
export {type ImplicitFamilyOptions, implicitFamily} from './implicit.ts';
export {
  type CorrectedMoments,
  type ImportanceOptions,
  type ImportanceSample,
  importanceSample,
  type MonteCarloEstimate,
} from './importance.ts';
export {type GaussianFamilyOptions, type LowRankOptions, lowRank, meanField} from './low-rank.ts';
export {type MinibatchOptions, minibatches} from './minibatches.ts';
export type {PriorContraction} from './prior-contraction.ts';
export {loadFamily, saveFamily} from './saved-family.ts';
export type {StoppingRule} from './stopping.ts';
export type {VariationalTarget} from './target.ts';
export type {PlainTensor, VariationalState} from './variational-state.ts';
