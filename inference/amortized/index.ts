export type {AmortizedDraws, AmortizedPosterior, AmortizedSampleOptions} from './amortized-posterior.ts';
export {
  type AmortizedCheck,
  type CheckAmortizedOptions,
  checkAmortized,
  type IntervalCoverage,
  type ParameterCheck,
} from './closed-world.ts';
export {type AmortizedPosteriorOptions, amortizedPosterior} from './create-amortized-posterior.ts';
export {
  type DatasetOutcome,
  type OutcomeDiagnostics,
  type OutcomeMoments,
  type OutcomeStep,
  outcomeMoments,
} from './dataset-outcome.ts';
export {type OutOfDistribution, type OutOfDistributionOptions, outOfDistribution} from './out-of-distribution.ts';
export {type DataSets, modelSimulator, type Simulations, type Simulator} from './simulator.ts';
export {type DeepSetOptions, deepSet} from './summary-deep-set.ts';
export type {SummaryNetwork} from './summary-network.ts';
export {type SetTransformerOptions, setTransformer} from './summary-set-transformer.ts';
export {type StatisticsSummaryOptions, statisticsSummary} from './summary-statistics.ts';
export type {Training, TrainingOptions, TrainingProgress} from './training.ts';
export type {EpochLosses} from './training-state.ts';
export {amortizedWorkflow} from './workflow.ts';
export type {WorkflowModel} from './workflow-density.ts';
export {readOutcomes} from './workflow-file.ts';
export type {AmortizedSampler} from './workflow-networks.ts';
export type {AmortizedWorkflowOptions, WorkflowSampler} from './workflow-options.ts';
export type {AmortizedWorkflow, WorkflowProgress, WorkflowRunOptions} from './workflow-run.ts';
