/** How models compare by one loss. */
export interface Contest {
  /** Name of the loss. */
  readonly loss: string;
  /** Number of examples. */
  readonly count: number;
  /** Probability of the intervals. */
  readonly level: number;
  /** How far two mean ranks must be apart to differ at the level 0.05. */
  readonly criticalDifference: number;
  readonly models: readonly Contestant[];
}

/** One model in a {@link Contest}. */
export interface Contestant {
  readonly name: string;
  /** Mean loss. */
  readonly mean: number;
  /** Mean rank over the examples. */
  readonly meanRank: number;
  /** The mean difference to the baseline; undefined for the baseline and where a loss is infinite. */
  readonly difference?: {
    readonly estimate: number;
    readonly low: number;
    readonly high: number;
    readonly pValue: number;
    readonly test: string;
  };
}
