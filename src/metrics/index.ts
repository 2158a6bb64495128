export type {Labels} from '../linalg/class-labels.ts';
export type {FlatMatrix, MatrixLike} from '../linalg/matrix-like.ts';
export {accuracy} from './accuracy.ts';
export type {Binning, ReliabilityCurve} from './binning.ts';
export {brierScore} from './brier-score.ts';
export {type CalibrationKind, type CalibrationNorm, calibrationError} from './calibration-error.ts';
export {auroc, averagePrecision, fprAtTpr} from './detection.ts';
export {intervalCoverage, intervalWidth} from './interval.ts';
export {negativeLogLikelihood, type Scale} from './negative-log-likelihood.ts';
export {predictiveEntropy} from './predictive-entropy.ts';
export {crpsGaussian, gaussianNegativeLogLikelihood, rootMeanSquaredError} from './regression.ts';
export {
  type ConfidenceHistogram,
  confidenceHistogram,
  type ReliabilityKind,
  reliabilityCurve,
} from './reliability-curve.ts';
export {
  type AreaRule,
  areaUnderGeneralizedRiskCoverage,
  areaUnderRiskCoverage,
  excessAreaUnderRiskCoverage,
  type RiskCoverageCurve,
  riskCoverageCurve,
} from './selective.ts';
export {type TopLabel, topLabel} from './top-label.ts';
