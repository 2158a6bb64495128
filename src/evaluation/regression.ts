import {rootMeanSquaredError} from '../metrics/index.ts';
import type {RegressedExample, RegressionScores, RegressionTest} from './evaluation.ts';
import type {TargetedMoments} from './predictions.ts';
import {ascending, mean, standardErrors, thin, unitHistogram} from './summary.ts';

const pictured = 400;
const nominal = Array.from({length: 19}, (_, i) => (i + 1) / 20);

/** All scores of a regression on one set. */
export function regressionScores({
  mean: means,
  targets,
  logProb,
  pit,
  crps,
  widths,
  parts,
}: TargetedMoments): RegressionScores {
  return {
    rootMeanSquaredError: rootMeanSquaredError(means, targets),
    negativeLogLikelihood: -mean(logProb),
    crps,
    coverage50: coverage(pit, 0.5),
    coverage90: coverage(pit, 0.9),
    coverage95: coverage(pit, 0.95),
    width50: widths[50],
    width90: widths[90],
    width95: widths[95],
    ...(parts === undefined
      ? {}
      : {aleatoricVariance: mean(parts.aleatoric), epistemicVariance: mean(parts.epistemic)}),
  };
}

/** Scores, curves and outstanding examples of a regression on its test set. */
export function regressionTest(predictions: TargetedMoments, extremes: number): RegressionTest {
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
    intervalCalibration: {nominal, observed: nominal.map((level) => coverage(pit, level))},
    pit: unitHistogram(pit, targets.length < 400 ? 10 : 20),
    sample: thin(targets.length, pictured).map(example),
    mostCertain: Array.from(order.slice(0, extremes), example),
    leastCertain: Array.from(order.toReversed().slice(0, extremes), example),
  };
}

/** Share of targets in the central interval: those whose predictive cdf lies within level / 2 of the middle. */
function coverage(pit: Float64Array, level: number): number {
  let inside = 0;
  for (const quantile of pit) if (Math.abs(quantile - 0.5) <= level / 2) inside++;
  return inside / pit.length;
}
