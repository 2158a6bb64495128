import {
  adversarialGroupCalibration,
  areaUnderSparsificationError,
  chiSquareTest,
  coefficientOfVariation,
  coverageWidthCriterion,
  errorUncertaintyCorrelation,
  expectedNormalizedCalibrationError,
  intervalCalibrationCurve,
  intervalScore,
  kolmogorovSmirnovTest,
  levelCalibrationError,
  miscalibrationArea,
  quantileCalibrationCurve,
  sharpness,
  uncertaintyCalibrationError,
} from '../metrics/index.ts';
import {createRng} from '../random/index.ts';
import {applicable} from './applicable.ts';
import {type IntervalLevel, intervalLevels, type TargetedMoments} from './predictions.ts';
import type {ScoreGroups} from './scores.ts';
import {mean as average} from './summary.ts';

/** With fewer predictions groups of them say nothing. */
const FEWEST_GROUPED = 100;

/** Scores of a regression beyond the main ones. */
export function regressionDetails({mean, std, targets, pit, ends}: TargetedMoments): ScoreGroups {
  const errors = targets.map((target, i) => Math.abs(target - (mean[i] as number)));
  const level = (percent: IntervalLevel): [Float64Array, Float64Array, Float64Array] => [
    ends[percent].lower,
    ends[percent].upper,
    targets,
  ];
  const scores = intervalLevels.map((percent) => [
    `intervalScore${percent}`,
    () => intervalScore(...level(percent), {level: percent / 100}),
  ]);
  const quantiles = () => quantileCalibrationCurve(pit);
  const grouped = pit.length >= FEWEST_GROUPED;
  return {
    calibration: applicable({
      miscalibrationArea: () => miscalibrationArea(intervalCalibrationCurve(pit)),
      quantileCalibrationError: () => levelCalibrationError(quantiles()),
      rootMeanSquaredQuantileError: () => levelCalibrationError(quantiles(), {norm: 'root-mean-square'}),
      maximumQuantileError: () => levelCalibrationError(quantiles(), {norm: 'max'}),
      expectedNormalizedCalibrationError: () => expectedNormalizedCalibrationError(mean, std, targets),
      uncertaintyCalibrationError: () => uncertaintyCalibrationError(mean, std, targets),
      ...(grouped && {
        groupMiscalibration: () =>
          adversarialGroupCalibration(pit, {rng: createRng(0), groupSizes: [0.1], trials: 5}).worst[0] ?? Number.NaN,
      }),
      pitKolmogorovP: () => kolmogorovSmirnovTest(pit).pValue,
      ...(grouped && {pitChiSquareP: () => chiSquareTest(pit).pValue}),
    }),
    intervals: applicable({
      ...Object.fromEntries(scores),
      coverageWidthCriterion95: () => coverageWidthCriterion(...level(95), {level: 0.95}),
    }),
    'ranking by doubt': applicable({
      meanAbsoluteError: () => average(errors),
      sharpness: () => sharpness(std),
      coefficientOfVariation: () => coefficientOfVariation(std),
      errorCorrelation: () => errorUncertaintyCorrelation(mean, std, targets),
      sparsificationError: () => areaUnderSparsificationError(std, errors),
      rootMeanSquaredSparsificationError: () =>
        areaUnderSparsificationError(std, errors, {measure: 'root-mean-square'}),
    }),
  };
}
