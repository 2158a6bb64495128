/** What was asked of conformal prediction. */
export interface ConformalRequest {
  /** Probability of holding the truth. */
  readonly level: number;
  /** Whether thresholds are found for each class, or each group of like classes. */
  readonly by: 'class' | 'cluster' | undefined;
  readonly seed: number | undefined;
  /** Names of the classes. */
  readonly classes: readonly string[] | undefined;
}

/** Sets or intervals with what can be said about them. */
export interface Conformal {
  readonly method: string;
  readonly level: number;
  /** Number of rows that the threshold comes from. */
  readonly calibrated: number;
  /** One threshold, or one for each class. */
  readonly threshold: number | readonly number[];
  /** Size or width, and how often the truth was held. */
  readonly scores: {readonly [name: string]: number};
  /** The sets or intervals. */
  readonly csv: string;
}
