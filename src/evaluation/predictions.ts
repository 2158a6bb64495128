/** Predictions of a classifier as plain arrays. */
export interface ClassProbabilities {
  /** Class probabilities, row-major, one row per example. */
  readonly probs: {readonly data: Float32Array | Float64Array; readonly shape: readonly [number, number]};
  /** Entropy of each example and its parts, where a posterior gave them. */
  readonly entropy?: {
    readonly total: Float32Array;
    readonly aleatoric: Float32Array;
    readonly epistemic: Float32Array;
  };
}

/** Predictions of a classifier and what was true. */
export interface LabelledProbabilities extends ClassProbabilities {
  /** Label of each row. */
  readonly labels: Int32Array;
  /** Row of each label in the set as the user gave it: others were ignored. */
  readonly indices: Uint32Array;
  /** log p(label) of each row. */
  readonly logProb: Float64Array;
}

/** Predicted means and variances as plain arrays, one entry per target. */
export interface Moments {
  /** Predicted means. */
  readonly mean: Float64Array;
  /** Predicted standard deviations. */
  readonly std: Float64Array;
  /** Targets per example; entries of one example stand together. */
  readonly outputs: number;
  /** The parts of the variance, where a posterior gave them. */
  readonly parts?: {readonly aleatoric: Float32Array; readonly epistemic: Float32Array};
}

/** Predictions of numbers and what was true. */
export interface TargetedMoments extends Moments {
  /** What was measured. */
  readonly targets: Float64Array;
  /** Log-density of each example, all its targets together. */
  readonly logProb: Float64Array;
  /** Predictive cdf at each target. */
  readonly pit: Float64Array;
  /** Mean continuous ranked probability score. */
  readonly crps: number;
  /** Mean width of the central interval of each level. */
  readonly widths: {readonly 50: number; readonly 90: number; readonly 95: number};
}
