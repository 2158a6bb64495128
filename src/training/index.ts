export {type CheckpointOptions, checkpointTraining, type ResumeOptions, resumeTraining} from './checkpoint.ts';
export type {Resumable, TrainingState} from './resumable.ts';
export {
  type FitDataset,
  type LabelledBatch,
  type ShuffledBatchesOptions,
  shuffledBatches,
} from './shuffled-batches.ts';
