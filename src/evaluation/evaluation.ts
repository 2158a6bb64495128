import type {Calibration} from '../posterior/calibration.ts';
import type {
  ClassifiedExample,
  FanExample,
  Histogram,
  RegressedExample,
  ReliabilityBin,
  RiskCoverage,
  Sparsification,
} from './plotted.ts';
import type {
  ClassificationScores,
  ExampleLosses,
  RegressionScores,
  ScoreGroups,
  ScoreIntervals,
  StandardErrors,
} from './scores.ts';

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
