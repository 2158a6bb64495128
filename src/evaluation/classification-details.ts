import {
  areaUnderGeneralizedRiskCoverage,
  auroc,
  averagePrecision,
  brierDecomposition,
  calibrationError,
  corpDecomposition,
  coverageAtRisk,
  debiasedCalibrationError,
  excessAreaUnderRiskCoverage,
  generalCalibrationError,
  kernelCalibrationError,
  kolmogorovSmirnovCalibration,
  kuiperCalibration,
  logScoreDecomposition,
  maximumMeanCalibrationError,
  rankedLogScore,
  rankedProbabilityScore,
  riskAtCoverage,
  smoothCalibrationError,
  sphericalScore,
  spiegelhalterTest,
  thresholdedAdaptiveCalibrationError,
  topLabel,
} from '../metrics/index.ts';
import {applicable} from './applicable.ts';
import type {Judgement} from './judge-options.ts';
import type {MemberDoubt} from './member-doubt.ts';
import type {LabelledProbabilities} from './predictions.ts';
import type {ScoreGroups} from './scores.ts';
import {mean} from './summary.ts';

/** Scores of a classifier beyond the main ones. */
export function classificationDetails(
  {probs, labels, members}: LabelledProbabilities,
  {bins, ordinal}: Pick<Judgement, 'bins' | 'ordinal'>,
): ScoreGroups {
  const {confidence, correct} = topLabel(probs, labels);
  const brier = brierDecomposition(probs, labels);
  const log = logScoreDecomposition(probs, labels);
  const corp = corpDecomposition(probs, labels, {score: 'brier'});
  const right = Array.from(correct);
  return {
    calibration: applicable({
      overconfidence: () => mean(confidence) - mean(right),
      rootMeanSquaredCalibrationError: () => calibrationError(probs, labels, {bins, norm: 'l2'}),
      maximumCalibrationError: () => calibrationError(probs, labels, {bins, norm: 'max'}),
      adaptiveCalibrationError: () => calibrationError(probs, labels, {bins, binning: 'equal-mass'}),
      classwiseCalibrationError: () => calibrationError(probs, labels, {bins, kind: 'classwise'}),
      thresholdedAdaptiveCalibrationError: () => thresholdedAdaptiveCalibrationError(probs, labels, {bins}),
      sweepCalibrationError: () => generalCalibrationError(probs, labels, {bins: 'sweep', binning: 'equal-mass'}),
      debiasedCalibrationError: () => debiasedCalibrationError(probs, labels, {bins}),
      smoothCalibrationError: () => smoothCalibrationError(probs, labels).error,
      kernelCalibrationError: () => kernelCalibrationError(probs, labels),
      maximumMeanCalibrationError: () => maximumMeanCalibrationError(probs, labels),
      kolmogorovSmirnovCalibration: () => kolmogorovSmirnovCalibration(probs, labels).error,
      kuiperCalibration: () => kuiperCalibration(probs, labels).error,
      spiegelhalterP: () => spiegelhalterTest(probs, labels).pValue,
    }),
    'proper scores': applicable({
      sphericalScore: () => sphericalScore(probs, labels),
      ...(ordinal && {
        rankedProbabilityScore: () => rankedProbabilityScore(probs, labels),
        rankedLogScore: () => rankedLogScore(probs, labels),
      }),
      brierUncertainty: () => brier.uncertainty,
      brierResolution: () => brier.resolution,
      brierReliability: () => brier.reliability,
      brierWithinVariance: () => brier.withinVariance,
      brierWithinCovariance: () => brier.withinCovariance,
      logCalibration: () => log.calibration,
      logRefinement: () => log.refinement,
      miscalibration: () => corp.miscalibration,
      discrimination: () => corp.discrimination,
    }),
    'selective prediction': applicable({
      excessAreaUnderRiskCoverage: () => excessAreaUnderRiskCoverage(confidence, correct),
      areaUnderGeneralizedRiskCoverage: () => areaUnderGeneralizedRiskCoverage(confidence, correct),
      coverageAtRisk5: () => coverageAtRisk(confidence, correct, {risk: 0.05}),
      riskAtCoverage80: () => riskAtCoverage(confidence, correct, {coverage: 0.8}),
      mistakeAuroc: () =>
        auroc(
          confidence.map((p) => -p),
          right.map((value) => 1 - value),
        ),
      mistakeAveragePrecision: () =>
        averagePrecision(
          confidence.map((p) => -p),
          right.map((value) => 1 - value),
        ),
    }),
    ...(members && {members: memberScores(members)}),
  };
}

/** Means over the examples; those that are infinite are left out. */
function memberScores(members: MemberDoubt): {[name: string]: number} {
  const means = Object.entries(members).map(([name, values]) => [name, mean(values)] as const);
  return Object.fromEntries(means.filter(([, value]) => Number.isFinite(value)));
}
