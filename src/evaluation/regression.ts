import {
  predictionIntervalCoverage,
  predictionIntervalWidth,
  rootMeanSquaredError,
  sparsificationCurve,
} from '../metrics/index.ts';
import type {RegressionTest} from './evaluation.ts';
import type {Judgement} from './judge-options.ts';
import type {FanExample, RegressedExample, Sparsification} from './plotted.ts';
import type {IntervalLevel, TargetedMoments} from './predictions.ts';
import {regressionDetails} from './regression-details.ts';
import {regressionIntervals, regressionLosses} from './score-intervals.ts';
import type {RegressionScores} from './scores.ts';
import {ascending, mean, standardErrors, thin, unitHistogram} from './summary.ts';

const pictured = 400;
const curvePoints = 100;
const nominal = Array.from({length: 19}, (_, i) => (i + 1) / 20);

/** All scores of a regression on one set. */
export function regressionScores({
  mean: means,
  targets,
  logProb,
  crps,
  ends,
  parts,
}: TargetedMoments): RegressionScores {
  return {
    rootMeanSquaredError: rootMeanSquaredError(means, targets),
    negativeLogLikelihood: -mean(logProb),
    crps: mean(crps),
    coverage50: covered(ends, 50, targets),
    coverage90: covered(ends, 90, targets),
    coverage95: covered(ends, 95, targets),
    width50: width(ends, 50),
    width90: width(ends, 90),
    width95: width(ends, 95),
    ...(parts === undefined
      ? {}
      : {aleatoricVariance: mean(parts.aleatoric), epistemicVariance: mean(parts.epistemic)}),
  };
}

/** Scores, curves and outstanding examples of a regression on its test set. */
export function regressionTest(predictions: TargetedMoments, judgement: Judgement): RegressionTest {
  const {extremes, details, intervals, keepLosses} = judgement;
  const losses = intervals === 'none' && !keepLosses ? {} : regressionLosses(predictions);
  const {mean: means, std, targets, logProb, pit, outputs} = predictions;
  const order = ascending(std);
  const example = (entry: number): RegressedExample => ({
    index: Math.floor(entry / outputs),
    target: targets[entry] as number,
    mean: means[entry] as number,
    standardDeviation: std[entry] as number,
  });
  return {
    count: targets.length,
    scores: regressionScores(predictions),
    standardErrors: standardErrors(logProb),
    intervalCalibration: {nominal, observed: nominal.map((level) => centralShare(pit, level))},
    pit: unitHistogram(pit, targets.length < 400 ? 10 : 20),
    sample: thin(targets.length, pictured).map(example),
    mostCertain: Array.from(order.slice(0, extremes), example),
    leastCertain: Array.from(order.toReversed().slice(0, extremes), example),
    ...sparsification(predictions),
    fan: fan(predictions),
    ...(details && {details: regressionDetails(predictions)}),
    ...(intervals !== 'none' && {intervals: regressionIntervals(losses, judgement)}),
    ...(keepLosses && {losses}),
  };
}

function covered(ends: TargetedMoments['ends'], level: IntervalLevel, targets: Float64Array): number {
  return predictionIntervalCoverage(ends[level].lower, ends[level].upper, targets);
}

function width(ends: TargetedMoments['ends'], level: IntervalLevel): number {
  return predictionIntervalWidth(ends[level].lower, ends[level].upper);
}

/** The curve by standard deviation, unless there is no error at all. */
function sparsification({mean: means, std, targets}: TargetedMoments): {sparsification?: Sparsification} {
  const errors = targets.map((target, i) => Math.abs(target - (means[i] as number)));
  if (errors.every((error) => error === 0)) return {};
  const {removed, error, oracle} = sparsificationCurve(std, errors);
  const kept = thin(removed.length, curvePoints);
  const pick = (values: Float64Array): number[] => kept.map((i) => values[i] as number);
  return {sparsification: {removed: pick(removed), error: pick(error), oracle: pick(oracle)}};
}

function fan({mean: means, targets, ends}: TargetedMoments): FanExample[] {
  const chosen = thin(targets.length, curvePoints);
  const pair = (level: IntervalLevel, i: number): [number, number] => [
    ends[level].lower[i] as number,
    ends[level].upper[i] as number,
  ];
  return chosen
    .map((i) => ({mean: means[i] as number, target: targets[i] as number, half: pair(50, i), wide: pair(90, i)}))
    .sort((a, b) => a.mean - b.mean);
}

/**
 * Share of targets whose predictive cdf lies within level / 2 of the middle. Of counts that is the middle of the step, so that right
 * predictions get their level, where intervals with whole ends hold more.
 */
function centralShare(pit: Float64Array, level: number): number {
  let inside = 0;
  for (const quantile of pit) if (Math.abs(quantile - 0.5) <= level / 2) inside++;
  return inside / pit.length;
}
