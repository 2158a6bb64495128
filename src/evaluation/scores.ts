/** Scores of a classifier. What each means, and whether more is better, stands in {@link scoreInfo}. */
export interface ClassificationScores {
  /** Share of examples whose most probable class is the label. */
  readonly accuracy: number;
  /** Mean of -log p(label), in nats. */
  readonly negativeLogLikelihood: number;
  /** Mean of sum_k (p_k - [label = k])^2, from 0 to 2. */
  readonly brierScore: number;
  /** Expected calibration error of the top label: mean gap between confidence and accuracy over the bins. */
  readonly calibrationError: number;
  /** Mean error rate over all shares of the most confident examples. */
  readonly areaUnderRiskCoverage: number;
  /** Mean entropy of the predictions, in nats. */
  readonly entropy: number;
  /** The part of the entropy that is noise in the data; only where a posterior gave it. */
  readonly aleatoricEntropy?: number;
  /** The part of the entropy that more data would remove; only where a posterior gave it. */
  readonly epistemicEntropy?: number;
}

/** Scores of a regression. What each means, and whether more is better, stands in {@link scoreInfo}. */
export interface RegressionScores {
  /** Root of the mean squared error of the predicted mean, in units of the target. */
  readonly rootMeanSquaredError: number;
  /** Mean of -log p(target), in nats. */
  readonly negativeLogLikelihood: number;
  /** Mean continuous ranked probability score, in units of the target. */
  readonly crps: number;
  /** Share of targets inside the central 50% interval. */
  readonly coverage50: number;
  /** Share of targets inside the central 90% interval. */
  readonly coverage90: number;
  /** Share of targets inside the central 95% interval. */
  readonly coverage95: number;
  /** Mean width of the central 50% interval, in units of the target. */
  readonly width50: number;
  /** Mean width of the central 90% interval, in units of the target. */
  readonly width90: number;
  /** Mean width of the central 95% interval, in units of the target. */
  readonly width95: number;
  /** Mean variance that is noise in the data; only where a posterior gave it. */
  readonly aleatoricVariance?: number;
  /** Mean variance that more data would remove; only where a posterior gave it. */
  readonly epistemicVariance?: number;
}

/**
 * Scores beyond the main ones, by group and name; {@link scoreInfo} says what each means. A score that such data do not
 * allow, such as a correlation of constants, is left out.
 */
export interface ScoreGroups {
  /** Scores by name. */
  readonly [group: string]: {readonly [score: string]: number};
}

/** Where a score lies, were other examples drawn: see the option `intervals` of `evaluate`. */
export interface ScoreInterval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
  /** Probability of the interval. */
  readonly level: number;
  /** A formula, or quantiles over resamples. */
  readonly method: 'analytic' | 'percentile' | 'm-out-of-n';
}

/** Intervals of scores, by name. */
export interface ScoreIntervals {
  /** The interval of this score. */
  readonly [score: string]: ScoreInterval;
}

/** Losses of every example in the order of the test set, by name: what paired comparisons need. */
export interface ExampleLosses {
  /** One number per example. */
  readonly [loss: string]: readonly number[];
}

/** Standard errors of those scores that are means over independent examples. */
export interface StandardErrors {
  /** Of the accuracy; classification only. */
  readonly accuracy?: number;
  /** Of the mean negative log-likelihood. */
  readonly negativeLogLikelihood: number;
}
