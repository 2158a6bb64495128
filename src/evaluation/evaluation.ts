import type {Calibration} from '../posterior/calibration.ts';

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

/** A classifier on its test set. */
export interface ClassificationTest {
  /** Number of examples. */
  readonly count: number;
  /** The scores. */
  readonly scores: ClassificationScores;
  /** How far the scores may be off by chance. */
  readonly standardErrors: StandardErrors;
  /** Mean confidence minus accuracy: above zero the model is more sure than right. */
  readonly overconfidence: number;
  /** Bins of the reliability diagram. */
  readonly reliability: readonly ReliabilityBin[];
  /** How often which confidence comes up. */
  readonly confidenceHistogram: Histogram;
  /** The risk-coverage curve. */
  readonly riskCoverage: RiskCoverage;
  /** The examples with the highest confidence. */
  readonly mostCertain: readonly ClassifiedExample[];
  /** The examples with the lowest confidence. */
  readonly leastCertain: readonly ClassifiedExample[];
  /** The wrong predictions with the highest confidence. */
  readonly surestMistakes: readonly ClassifiedExample[];
  /** Further scores by group. */
  readonly details?: ScoreGroups;
  /** Intervals of the main scores. */
  readonly intervals?: ScoreIntervals;
  /** Losses of each example, where they were to be kept. */
  readonly losses?: ExampleLosses;
}

/** A regression on its test set. */
export interface RegressionTest {
  /** Number of targets. */
  readonly count: number;
  /** The scores. */
  readonly scores: RegressionScores;
  /** How far the scores may be off by chance. */
  readonly standardErrors: StandardErrors;
  /** Share of targets inside the central interval of each nominal level, by the predictive cdf; of counts the middle of its step. */
  readonly intervalCalibration: {
    /** The nominal levels, 0.05 to 0.95. */
    readonly nominal: readonly number[];
    /** Share of targets inside the interval of each of them, between 0 and 1. */
    readonly observed: readonly number[];
  };
  /** Where targets fall within their predictive distribution (probability integral transform); flat when calibrated. */
  readonly pit: Histogram;
  /** At most 400 examples, evenly spread over the test set, for a picture of predictions against targets. */
  readonly sample: readonly RegressedExample[];
  /** The examples with the smallest standard deviation. */
  readonly mostCertain: readonly RegressedExample[];
  /** The examples with the largest standard deviation. */
  readonly leastCertain: readonly RegressedExample[];
  /** How the error of the rest falls as the most uncertain predictions are removed; at most 100 points. */
  readonly sparsification?: Sparsification;
  /** Central intervals of at most 100 examples, by predicted mean. */
  readonly fan?: readonly FanExample[];
  /** Further scores by group. */
  readonly details?: ScoreGroups;
  /** Intervals of the main scores. */
  readonly intervals?: ScoreIntervals;
  /** Losses of each example, where they were to be kept. */
  readonly losses?: ExampleLosses;
}

/** The same scores on data that were shifted or corrupted. */
export interface ShiftResult<Scores> {
  /** What was done to the data. */
  readonly name: string;
  /** How strongly, where that has a number. */
  readonly level?: number;
  /** Number of examples. */
  readonly count: number;
  /** The scores on these data. */
  readonly scores: Scores;
  /** Further scores by group. */
  readonly details?: ScoreGroups;
}

/**
 * Which number says how foreign an input is: total predictive entropy (regression: total variance, which orders inputs
 * alike), its epistemic part, minus the largest class probability, minus the margin between the two largest, and, where the
 * prediction comes from Gaussian logits, the energy of their mean or minus the largest.
 */
export type OodScore = 'entropy' | 'epistemic' | 'max-probability' | 'margin' | 'energy' | 'max-logit';

/** How well one score tells foreign inputs (the positives) from those of the test set. */
export interface OodDetection {
  /** The score. */
  readonly score: OodScore;
  /** Probability that a foreign input scores higher than a test input. */
  readonly auroc: number;
  /** Average precision with the foreign inputs as positives. */
  readonly averagePrecision: number;
  /** Average precision with the test inputs as positives, by the negated score. */
  readonly averagePrecisionTest: number;
  /** Share of test inputs that are flagged where 95% of the foreign ones are. */
  readonly fprAt95: number;
  /** Least mean of the two error rates over all thresholds. */
  readonly detectionError: number;
}

/** How well the score tells foreign inputs (the positives) from those of the test set. */
export interface OodResult {
  /** What the foreign inputs are. */
  readonly name: string;
  /** Their number. */
  readonly count: number;
  /** The score that was used. */
  readonly score: OodScore;
  /** Probability that a foreign input scores higher than a test input. */
  readonly auroc: number;
  /** Average precision with the foreign inputs as positives. */
  readonly averagePrecision: number;
  /** Share of test inputs that are flagged where 95% of the foreign ones are. */
  readonly fprAt95: number;
  /** Bin edges of the two histograms of the score. */
  readonly edges: readonly number[];
  /** Test inputs per bin. */
  readonly testCounts: readonly number[];
  /** Foreign inputs per bin. */
  readonly oodCounts: readonly number[];
  /** Every score that these predictions have. */
  readonly detection?: readonly OodDetection[];
  /** The ROC curve of the score that was used; at most 200 points. */
  readonly roc?: {
    /** Share of test inputs that are flagged. */
    readonly falsePositiveRate: readonly number[];
    /** Share of foreign inputs that are flagged. */
    readonly truePositiveRate: readonly number[];
  };
  /** Means over the foreign inputs of the parts of the entropy, or of the variance; only where a posterior gave them. */
  readonly doubt?: {
    /** The part that is noise. */
    readonly aleatoric: number;
    /** The part that is ignorance. */
    readonly epistemic: number;
  };
}

/** The same judgement after recalibration on rows of their own. */
export interface Recalibrated<Test, Scores> {
  /** Name of the method. */
  readonly method: string;
  /** What was fitted. */
  readonly calibration: Calibration;
  /** Result on the test set. */
  readonly test: Test;
  /** Results on shifted data. */
  readonly shifts: ReadonlyArray<ShiftResult<Scores>>;
}

/** What `evaluate` found out about a classifier: plain JSON. */
export interface ClassificationEvaluation {
  /** Tells evaluations apart. */
  readonly kind: 'classification';
  /** Name of the model in tables and plots. */
  readonly name: string;
  /** Number of classes K. */
  readonly classes: number;
  /** Result on the test set. */
  readonly test: ClassificationTest;
  /** Results on shifted data, in the order given. */
  readonly shifts: ReadonlyArray<ShiftResult<ClassificationScores>>;
  /** Each score averaged over all shifted sets; only where there are any. */
  readonly shiftMean?: {readonly [score: string]: number};
  /** After recalibration; only where `calibration` rows were given. */
  readonly recalibrated?: Recalibrated<ClassificationTest, ClassificationScores>;
  /** Results on foreign inputs. */
  readonly ood: readonly OodResult[];
}

/** What `evaluate` found out about a regression: plain JSON. */
export interface RegressionEvaluation {
  /** Tells evaluations apart. */
  readonly kind: 'regression';
  /** Name of the model in tables and plots. */
  readonly name: string;
  /** Result on the test set. */
  readonly test: RegressionTest;
  /** Results on shifted data, in the order given. */
  readonly shifts: ReadonlyArray<ShiftResult<RegressionScores>>;
  /** Each score averaged over all shifted sets; only where there are any. */
  readonly shiftMean?: {readonly [score: string]: number};
  /** After recalibration; only where `calibration` rows were given. */
  readonly recalibrated?: Recalibrated<RegressionTest, RegressionScores>;
  /** Results on foreign inputs. */
  readonly ood: readonly OodResult[];
}

/** What `evaluate` found out about a model: plain JSON that can be stored, compared and made into a report. */
export type Evaluation = ClassificationEvaluation | RegressionEvaluation;
