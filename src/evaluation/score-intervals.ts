import {
  areaUnderRiskCoverage,
  bootstrapInterval,
  calibrationError,
  type MetricInterval,
  meanInterval,
  topLabel,
  weightedMean,
} from '../metrics/index.ts';
import type {Judgement} from './judge-options.ts';
import {intervalLevels, type LabelledProbabilities, type TargetedMoments} from './predictions.ts';
import type {ExampleLosses, ScoreIntervals} from './scores.ts';

const RESAMPLES = 500;

/** Losses of each example of a classifier. */
export function classificationLosses({probs, labels, logProb}: LabelledProbabilities): ExampleLosses {
  const {correct} = topLabel(probs, labels);
  const {data, shape} = probs;
  const classes = shape[1];
  return {
    accuracy: Array.from(correct, Number),
    negativeLogLikelihood: Array.from(logProb, (value) => -value),
    brierScore: Array.from(labels, (label, i) => {
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += ((data[i * classes + k] as number) - Number(k === label)) ** 2;
      return sum;
    }),
  };
}

/** Losses of each example of a regression, targets of one example averaged. */
export function regressionLosses({mean, targets, logProb, crps, ends, outputs}: TargetedMoments): ExampleLosses {
  const perExample = (value: (entry: number) => number): number[] =>
    Array.from({length: targets.length / outputs}, (_, i) => {
      let sum = 0;
      for (let c = 0; c < outputs; c++) sum += value(i * outputs + c);
      return sum / outputs;
    });
  const inside = intervalLevels.map((level) => [
    `coverage${level}`,
    perExample((e) => {
      const target = targets[e] as number;
      return Number(target >= (ends[level].lower[e] as number) && target <= (ends[level].upper[e] as number));
    }),
  ]);
  return {
    negativeLogLikelihood: Array.from(logProb, (value) => -value),
    squaredError: perExample((e) => ((targets[e] as number) - (mean[e] as number)) ** 2),
    crps: perExample((e) => crps[e] as number),
    ...Object.fromEntries(inside),
  };
}

/** Intervals of a classifier's main scores. */
export function classificationIntervals(
  {probs, labels}: LabelledProbabilities,
  losses: ExampleLosses,
  {bins, intervals}: Pick<Judgement, 'bins' | 'intervals'>,
): ScoreIntervals {
  const means = meanIntervals(losses);
  if (intervals !== 'bootstrap' || labels.length < 2) return means;
  const {confidence, correct} = topLabel(probs, labels);
  const options = {resamples: RESAMPLES};
  return {
    ...means,
    calibrationError: plain(
      bootstrapInterval(
        (p, y) => calibrationError(p, y, {bins, kind: 'binary'}),
        [confidence, Float64Array.from(correct, Number)],
        options,
      ),
    ),
    areaUnderRiskCoverage: plain(
      bootstrapInterval(
        (c, y) => areaUnderRiskCoverage(c, y),
        [confidence, Float64Array.from(correct, Number)],
        options,
      ),
    ),
  };
}

/** Intervals of a regression's main scores, over examples with all their targets; the root of a mean has the roots of its interval's ends. */
export function regressionIntervals(losses: ExampleLosses, {intervals}: Pick<Judgement, 'intervals'>): ScoreIntervals {
  const {squaredError, ...means} = meanIntervals(losses);
  if (squaredError === undefined) return means;
  const {low, high} = squaredError;
  const rootMeanSquared =
    intervals === 'bootstrap'
      ? plain(bootstrapInterval(rootOfMean, [losses.squaredError ?? []], {resamples: RESAMPLES}))
      : {...squaredError, low: Math.sqrt(Math.max(0, low)), high: Math.sqrt(high)};
  return {...means, rootMeanSquaredError: rootMeanSquared};
}

function rootOfMean(squares: Float64Array): number {
  return Math.sqrt(weightedMean(squares));
}

function meanIntervals(losses: ExampleLosses): {[name: string]: ScoreIntervals[string]} {
  const found: {[name: string]: ScoreIntervals[string]} = {};
  for (const [name, values] of Object.entries(losses)) {
    if (values.length > 1 && values.every(Number.isFinite)) found[name] = plain(meanInterval(values));
  }
  return found;
}

function plain({low, high, level, method}: MetricInterval): ScoreIntervals[string] {
  return {low, high, level, method};
}
