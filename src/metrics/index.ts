export type {Labels} from '../linalg/class-labels.ts';
export type {FlatMatrix, MatrixLike} from '../linalg/matrix-like.ts';
export {accuracy} from './accuracy.ts';
export type {Binning, ReliabilityCurve} from './binning.ts';
export {
  type BootstrapOptions,
  bootstrapDifference,
  bootstrapInterval,
  type Column,
  type Resampled,
} from './bootstrap.ts';
export {type BrierDecomposition, brierDecomposition} from './brier-decomposition.ts';
export {brierScore} from './brier-score.ts';
export {type CalibrationKind, type CalibrationNorm, calibrationError} from './calibration-error.ts';
export {energy, margin, maximumLogit, maximumProbability} from './certainty.ts';
export {type CorpDecomposition, corpDecomposition} from './corp-decomposition.ts';
export {type CorruptedValues, type CorruptionMeans, corruptionMeans} from './corruption-means.ts';
export {crpsBeta, crpsUniform} from './crps-bounded.ts';
export {crpsBinomial, crpsNegativeBinomial, crpsPoisson} from './crps-counts.ts';
export {crpsLaplace, crpsLogistic, crpsStudentT} from './crps-location-scale.ts';
export {crpsGaussianMixture} from './crps-mixture.ts';
export {crpsGamma, crpsLogLaplace, crpsLogLogistic, crpsLogNormal} from './crps-positive.ts';
export {type CrpsSamplesOptions, crpsSamples, type SampleEstimator} from './crps-samples.ts';
export {
  type CalibrationTest,
  type CalibrationTestOptions,
  type CumulativeDifferences,
  cumulativeDifferences,
  kolmogorovSmirnovCalibration,
  kuiperCalibration,
  spiegelhalterTest,
} from './cumulative-calibration.ts';
export {dawidSebastianiScore} from './dawid-sebastiani.ts';
export {debiasedCalibrationError} from './debiased-calibration-error.ts';
export {auroc, averagePrecision, fprAtTpr} from './detection.ts';
export type {ReliabilityKind} from './events.ts';
export {type ClassScore, exampleScores} from './example-scores.ts';
export {
  type GeneralCalibrationOptions,
  generalCalibrationError,
  thresholdedAdaptiveCalibrationError,
} from './general-calibration-error.ts';
export {adversarialGroupCalibration, type GroupCalibration, type GroupCalibrationOptions} from './group-calibration.ts';
export {intervalCoverage, intervalWidth} from './interval.ts';
export {type MetricInterval, type Moments, meanInterval} from './interval-estimate.ts';
export {kernelCalibrationError, maximumMeanCalibrationError} from './kernel-calibration-error.ts';
export {
  intervalCalibrationCurve,
  type LevelCalibrationCurve,
  levelCalibrationError,
  miscalibrationArea,
  quantileCalibrationCurve,
} from './level-calibration.ts';
export {type LogScoreDecomposition, logScoreDecomposition} from './log-score-decomposition.ts';
export type {SelectiveAreas} from './mean-risks.ts';
export {
  disagreement,
  pairwiseDivergence,
  reverseMutualInformation,
  topClassDeviation,
  variationRatio,
} from './member-disagreement.ts';
export type {FlatMembers, Members} from './members.ts';
export {mixtureNegativeLogLikelihood} from './mixture-likelihood.ts';
export {energyScore, type VariogramOptions, variogramScore} from './multivariate-scores.ts';
export {negativeLogLikelihood, type Scale} from './negative-log-likelihood.ts';
export {comparePaired, type PairedComparison} from './paired-comparison.ts';
export type {PerExample} from './parameters.ts';
export {intervalScore, pinballLoss, weightedIntervalScore} from './pinball.ts';
export {gaussianPit, samplePit} from './pit.ts';
export {coverageWidthCriterion, predictionIntervalCoverage, predictionIntervalWidth} from './prediction-intervals.ts';
export {coverageGap, type SizeStratum, setCoverage, setSize, sizeStratifiedCoverage} from './prediction-sets.ts';
export {predictiveEntropy} from './predictive-entropy.ts';
export {rankedLogScore, rankedProbabilityScore, sphericalScore} from './proper-scores.ts';
export {errorUncertaintyCorrelation, spearmanCorrelation} from './rank-correlation.ts';
export {crpsGaussian, gaussianNegativeLogLikelihood, rootMeanSquaredError} from './regression.ts';
export {type ReliabilityBand, type ReliabilityBands, reliabilityBands} from './reliability-bands.ts';
export {
  type ConfidenceHistogram,
  confidenceHistogram,
  reliabilityCurve,
} from './reliability-curve.ts';
export {
  type DetectionScores,
  detectionError,
  outOfDistributionScores,
  type RocCurve,
  rocCurve,
} from './roc-curve.ts';
export type {Grouping} from './score-groups.ts';
export {
  type AreaRule,
  areaUnderGeneralizedRiskCoverage,
  areaUnderRiskCoverage,
  excessAreaUnderRiskCoverage,
  type RiskCoverageCurve,
  riskCoverageCurve,
} from './selective.ts';
export {coverageAtRisk, riskAtCoverage} from './selective-points.ts';
export {setCalibrationCurve} from './set-calibration.ts';
export {type SmoothCalibration, type SmoothingKernel, smoothCalibrationError} from './smooth-calibration-error.ts';
export {
  areaUnderSparsificationError,
  type SparsificationCurve,
  type SparsificationMeasure,
  sparsificationCurve,
} from './sparsification.ts';
export {
  type ClassificationAccumulator,
  type ClassificationState,
  type ClassificationSummary,
  classificationAccumulator,
} from './streaming-classification.ts';
export {type MeanAccumulator, meanAccumulator} from './streaming-mean.ts';
export {
  detectionAccumulator,
  type RankedExamples,
  type RankingAccumulator,
  selectiveAccumulator,
} from './streaming-ranking.ts';
export {
  type RegressionAccumulator,
  type RegressionState,
  type RegressionSummary,
  regressionAccumulator,
} from './streaming-regression.ts';
export {type TopLabel, topLabel} from './top-label.ts';
export {
  entropyParts,
  mixtureVarianceParts,
  type UncertaintyParts,
  varianceParts,
} from './uncertainty-parts.ts';
export {chiSquareTest, kolmogorovSmirnovTest, type TestResult} from './uniformity.ts';
export {
  coefficientOfVariation,
  expectedNormalizedCalibrationError,
  sharpness,
  uncertaintyCalibrationError,
  type VarianceBinning,
} from './variance-calibration.ts';
export {weightedMean} from './weights.ts';
export {type WorstSlabOptions, worstSlabCoverage} from './worst-slab.ts';
