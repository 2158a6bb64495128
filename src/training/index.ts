export {type CheckpointOptions, checkpointTraining, resumeTraining} from './checkpoint.ts';
export {
  type FitDataset,
  type LabelledBatch,
  type ShuffledBatchesOptions,
  shuffledBatches,
} from './shuffled-batches.ts';
