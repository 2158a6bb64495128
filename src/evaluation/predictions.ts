import type {MemberDoubt} from './member-doubt.ts';

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
  /** How far members are apart, where the predictions kept them. */
  readonly members?: MemberDoubt;
  /** Mean logits, where the predictions came from Gaussian logits of several classes. */
  readonly logits?: {readonly data: Float32Array; readonly shape: readonly [number, number]};
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

/** Levels of central intervals, in percent. */
export const intervalLevels = [50, 90, 95] as const;

/** One of {@link intervalLevels}. */
export type IntervalLevel = (typeof intervalLevels)[number];

/** Ends of a central interval for each target. */
export interface IntervalEnds {
  /** Lower ends. */
  readonly lower: Float64Array;
  /** Upper ends. */
  readonly upper: Float64Array;
}

/** Predictions of numbers and what was true. */
export interface TargetedMoments extends Moments {
  /** What was measured. */
  readonly targets: Float64Array;
  /** Log-density of each example, all its targets together. */
  readonly logProb: Float64Array;
  /** Predictive cdf at each target. */
  readonly pit: Float64Array;
  /** Continuous ranked probability score of each target. */
  readonly crps: Float64Array;
  /** Ends of the central interval of each level. */
  readonly ends: Readonly<Record<IntervalLevel, IntervalEnds>>;
}
