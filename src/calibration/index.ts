export {type AdaptiveConformal, type AdaptiveConformalOptions, adaptiveConformal} from './adaptive-conformal.ts';
export {fitBayesianBinning} from './bayesian-binning.ts';
export {
  applyBetaScaling,
  applyPlattScaling,
  type BetaScaling,
  fitBetaScaling,
  fitPlattScaling,
  type PlattScaling,
} from './binary-scaling.ts';
export {
  applyClassCalibration,
  type ClassCalibration,
  type ClassCalibrationMethod,
  classCalibrationMethods,
  fitClassCalibration,
  type VennAbersMap,
} from './class-calibration.ts';
export {
  type ClusteredConformalOptions,
  type ClusteredThresholds,
  clusteredConformalQuantiles,
} from './clustered-conformal.ts';
export {conformalDistribution, conformalDistributionQuantiles} from './conformal-distribution.ts';
export {
  classConformalQuantiles,
  conformalQuantile,
  conformalRank,
  weightedConformalQuantiles,
} from './conformal-quantile.ts';
export {
  type PredictionIntervals,
  type QuantileRule,
  quantileIntervals,
  quantileScores,
  residualIntervals,
  residualScores,
} from './conformal-regression.ts';
export {conformalRiskControl, type RiskControl} from './conformal-risk-control.ts';
export {conformalSets, type PredictionSets, type SetThresholds, setMembers} from './conformal-sets.ts';
export {type ConformityRule, type ConformityScore, conformityScores} from './conformity-scores.ts';
export {
  applyHistogramBinning,
  fitHistogramBinning,
  type HistogramBinningOptions,
  type HistogramMap,
} from './histogram-binning.ts';
export type {Float64Rows} from './inputs.ts';
export {
  applyIsotonic,
  applyIsotonicOneVsRest,
  fitIsotonic,
  fitIsotonicOneVsRest,
  type IsotonicMap,
} from './isotonic.ts';
export {applyIsotonicPooled, fitIsotonicPooled} from './isotonic-pooled.ts';
export {type JackknifePlusOptions, jackknifePlus} from './jackknife-plus.ts';
export {
  applyLinearScaling,
  fitDirichletScaling,
  fitMatrixScaling,
  fitVectorScaling,
  type LinearScaling,
  type MatrixScalingOptions,
} from './linear-scaling.ts';
export {
  fitRegressionCalibration,
  type HeldOutNumbers,
  type RegressionCalibration,
  type RegressionCalibrationMethod,
  regressionCalibrationMethods,
} from './regression-calibration.ts';
export {
  fitPitRecalibration,
  fitVarianceScaling,
  recalibratedLevels,
  type ScalingCriterion,
} from './regression-recalibration.ts';
export {applySpline, fitSpline, type SplineMap} from './spline-calibration.ts';
export {applyTemperature, fitTemperature} from './temperature-scaling.ts';
export {type VennAbersPrediction, vennAbers} from './venn-abers.ts';
