/** Losses of one epoch. */
export interface EpochLosses {
  /** Mean -log q(theta | data) over the epoch's batches, in nats. */
  readonly loss: number;
  /** The same over the validation simulations after the epoch. */
  readonly validationLoss: number;
}

/** Where training stands, but for numbers in tensors. */
export interface TrainingState {
  /** Epochs done. */
  readonly epoch: number;
  readonly history: readonly EpochLosses[];
  /** 0 before the first. */
  readonly bestEpoch: number;
}
