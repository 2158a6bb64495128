/** One bin of a reliability diagram; empty bins are left out. */
export interface ReliabilityBin {
  /** Left edge of the bin on the confidence axis. */
  readonly lower: number;
  /** Right edge of the bin. */
  readonly upper: number;
  /** Examples in it. */
  readonly count: number;
  /** Their mean confidence. */
  readonly confidence: number;
  /** Share of them that are right. */
  readonly accuracy: number;
  /** 95% bootstrap interval of that share. */
  readonly likely?: readonly [low: number, high: number];
  /** Where that share falls in 95% of data sets if the confidence is right. */
  readonly consistent?: readonly [low: number, high: number];
}

/** A histogram: `counts[i]` values lie between `edges[i]` and `edges[i + 1]`. */
export interface Histogram {
  /** Bin edges, one more than bins. */
  readonly edges: readonly number[];
  /** Values per bin. */
  readonly counts: readonly number[];
}

/** Error rate among the most confident examples, as their share grows; at most 200 points. */
export interface RiskCoverage {
  /** Share of the examples that are kept, most confident first. */
  readonly coverage: readonly number[];
  /** Error rate among those kept. */
  readonly risk: readonly number[];
}

/** One test example that stands out. */
export interface ClassifiedExample {
  /** Row in the test set; in [N, ..., K] outputs the position counted through all of them. */
  readonly index: number;
  /** Its label. */
  readonly label: number;
  /** The most probable class. */
  readonly predicted: number;
  /** Probability of that class. */
  readonly confidence: number;
}

/** One test example of a regression that stands out. */
export interface RegressedExample {
  /** Row in the test set. */
  readonly index: number;
  /** What was measured. */
  readonly target: number;
  /** Predicted mean. */
  readonly mean: number;
  /** Predicted standard deviation. */
  readonly standardDeviation: number;
}

/** Mean absolute error of the predictions that are kept, as a share of that of all. */
export interface Sparsification {
  /** Share of the predictions removed, the most uncertain first. */
  readonly removed: readonly number[];
  /** Error of the rest. */
  readonly error: readonly number[];
  /** The same if the largest errors were removed first: the best that could be. */
  readonly oracle: readonly number[];
}

/** The central intervals of one prediction. */
export interface FanExample {
  /** Predicted mean. */
  readonly mean: number;
  /** What was measured. */
  readonly target: number;
  /** Ends of the central 50% interval. */
  readonly half: readonly [low: number, high: number];
  /** Ends of the central 90% interval. */
  readonly wide: readonly [low: number, high: number];
}
