import {
  accuracy,
  areaUnderRiskCoverage,
  brierScore,
  calibrationError,
  confidenceHistogram,
  predictiveEntropy,
  reliabilityCurve,
  riskCoverageCurve,
  topLabel,
} from '../metrics/index.ts';
import {binomialBand} from './binomial-band.ts';
import {classificationDetails} from './classification-details.ts';
import type {ClassificationTest} from './evaluation.ts';
import type {Judgement} from './judge-options.ts';
import type {ClassifiedExample} from './plotted.ts';
import type {LabelledProbabilities} from './predictions.ts';
import {classificationIntervals, classificationLosses} from './score-intervals.ts';
import type {ClassificationScores} from './scores.ts';
import {ascending, mean, standardErrors, thin} from './summary.ts';

const curvePoints = 200;

/** All scores of a classifier on one set. */
export function classificationScores(predictions: LabelledProbabilities, bins: number): ClassificationScores {
  const {probs, labels, logProb, entropy} = predictions;
  const {confidence, correct} = topLabel(probs, labels);
  return {
    accuracy: accuracy(probs, labels),
    negativeLogLikelihood: -mean(logProb),
    brierScore: brierScore(probs, labels),
    calibrationError: calibrationError(probs, labels, {bins}),
    areaUnderRiskCoverage: areaUnderRiskCoverage(confidence, correct),
    entropy: mean(entropy?.total ?? predictiveEntropy(probs)),
    ...(entropy === undefined
      ? {}
      : {aleatoricEntropy: mean(entropy.aleatoric), epistemicEntropy: mean(entropy.epistemic)}),
  };
}

/** Scores, curves and outstanding examples of a classifier on its test set. */
export function classificationTest(predictions: LabelledProbabilities, judgement: Judgement): ClassificationTest {
  const {bins, extremes, details, intervals, keepLosses} = judgement;
  const losses = intervals === 'none' && !keepLosses ? {} : classificationLosses(predictions);
  const {probs, labels, indices, logProb} = predictions;
  const scores = classificationScores(predictions, bins);
  const {confidence, correct} = topLabel(probs, labels);
  const order = ascending(confidence);
  const example = (row: number): ClassifiedExample => ({
    index: indices[row] as number,
    label: labels[row] as number,
    predicted: mostProbable(predictions, row),
    confidence: confidence[row] as number,
  });
  const falling = order.toReversed();
  const {edges, count} = confidenceHistogram(probs, {bins});
  const curve = riskCoverageCurve(confidence, correct);
  const kept = thin(curve.coverage.length, curvePoints);
  return {
    count: labels.length,
    scores,
    standardErrors: standardErrors(logProb, scores.accuracy),
    overconfidence: mean(confidence) - scores.accuracy,
    reliability: reliabilityBins(predictions, bins),
    confidenceHistogram: {edges: Array.from(edges), counts: Array.from(count)},
    riskCoverage: {
      coverage: kept.map((i) => curve.coverage[i] as number),
      risk: kept.map((i) => curve.risk[i] as number),
    },
    mostCertain: Array.from(falling.slice(0, extremes), example),
    leastCertain: Array.from(order.slice(0, extremes), example),
    surestMistakes: Array.from(falling.filter((row) => correct[row] === 0).slice(0, extremes), example),
    ...(details && {details: classificationDetails(predictions, judgement)}),
    ...(intervals !== 'none' && {intervals: classificationIntervals(predictions, losses, judgement)}),
    ...(keepLosses && {losses}),
  };
}

function reliabilityBins({probs, labels}: LabelledProbabilities, bins: number): ClassificationTest['reliability'] {
  const curve = reliabilityCurve(probs, labels, {bins});
  return Array.from(curve.count, (count, b) => ({
    lower: curve.edges[b] as number,
    upper: curve.edges[b + 1] as number,
    count,
    confidence: curve.confidence[b] as number,
    accuracy: curve.accuracy[b] as number,
    likely: binomialBand(count, curve.accuracy[b] as number),
    consistent: binomialBand(count, curve.confidence[b] as number),
  })).filter(({count}) => count > 0);
}

function mostProbable({probs}: LabelledProbabilities, row: number): number {
  const classes = probs.shape[1];
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if ((probs.data[row * classes + k] as number) > (probs.data[row * classes + best] as number)) best = k;
  }
  return best;
}
