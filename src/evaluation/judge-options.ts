/** How much is to be found out about a set: shared by `evaluate` and `evaluatePredictions`. */
export interface JudgeOptions {
  /** Bins of calibration error, reliability diagram and confidence histogram. Default 15. */
  readonly bins?: number;
  /** How many of the most and least certain examples to name. Default 12. */
  readonly extremes?: number;
  /** Scores beyond the main ones, in groups. Default true. */
  readonly details?: boolean;
  /** Classes have an order: adds the ranked probability score and the ranked log score. Default false. */
  readonly ordinal?: boolean;
  /**
   * 95% intervals of the main scores: `'analytic'` (default) of those that are means over independent examples, `'bootstrap'` of
   * all by 500 seeded resamples, or `'none'`.
   */
  readonly intervals?: 'analytic' | 'bootstrap' | 'none';
  /** Keep the losses of each example, which paired comparisons need. Default false. */
  readonly keepLosses?: boolean;
}

/** {@link JudgeOptions} with every default filled in. */
export type Judgement = Required<JudgeOptions>;

/** The options with their defaults. */
export function judgement({
  bins = 15,
  extremes = 12,
  details = true,
  ordinal = false,
  intervals = 'analytic',
  keepLosses = false,
}: JudgeOptions): Judgement {
  return {bins, extremes, details, ordinal, intervals, keepLosses};
}
