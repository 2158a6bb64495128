import {ConfigError} from '../errors.ts';
import {
  energy,
  margin,
  maximumLogit,
  maximumProbability,
  outOfDistributionScores,
  predictiveEntropy,
  rocCurve,
} from '../metrics/index.ts';
import type {OodDetection, OodResult, OodScore} from './evaluation.ts';
import type {ClassProbabilities, Moments} from './predictions.ts';
import {countInto, equalEdges, thin} from './summary.ts';

const histogramBins = 30;
const curvePoints = 200;

/** Every score, in the order of reports. */
export const oodScores: readonly OodScore[] = [
  'entropy',
  'epistemic',
  'max-probability',
  'margin',
  'energy',
  'max-logit',
];

/** How foreign each input looks to a classifier: the higher the more. Undefined where its predictions lack the score. */
export function classifierOodScores(
  {probs, entropy, logits}: ClassProbabilities,
  score: OodScore,
): ArrayLike<number> | undefined {
  switch (score) {
    case 'entropy':
      return entropy?.total ?? predictiveEntropy(probs);
    case 'epistemic':
      return entropy?.epistemic;
    case 'max-probability':
      return maximumProbability(probs).map((p) => -p);
    case 'margin':
      return margin(probs).map((gap) => -gap);
    case 'energy':
      return logits && energy(logits);
    case 'max-logit':
      return logits && maximumLogit(logits).map((f) => -f);
  }
}

/** How foreign each input looks to a regression: its standard deviation, over several outputs in the quadratic mean. */
export function regressionOodScores({std, parts, outputs}: Moments, score: OodScore): Float64Array | undefined {
  if (score !== 'entropy' && (score !== 'epistemic' || parts === undefined)) return undefined;
  const variance = (entry: number): number =>
    score === 'epistemic' ? (parts?.epistemic[entry] as number) : (std[entry] as number) ** 2;
  return Float64Array.from({length: std.length / outputs}, (_, i) => {
    let sum = 0;
    for (let c = 0; c < outputs; c++) sum += variance(i * outputs + c);
    return Math.sqrt(sum / outputs);
  });
}

/** Scores of test and of foreign inputs by one rule, where both have it. */
export interface ForeignnessPair {
  /** The rule. */
  readonly score: OodScore;
  /** Of the test inputs. */
  readonly test: ArrayLike<number>;
  /** Of the foreign inputs. */
  readonly foreign: ArrayLike<number>;
}

/** Judges how well scores tell foreign inputs, the positives, from those of the test set; `chosen` is the one to be pictured. */
export function oodResult(name: string, chosen: OodScore, pairs: readonly ForeignnessPair[]): OodResult {
  const pair = pairs.find(({score}) => score === chosen);
  if (pair === undefined) throw noScore(chosen, pairs);
  const detection = pairs.map(({score, test, foreign}): OodDetection => {
    const {auroc, averagePrecision, averagePrecisionNegatives, fprAtTpr, detectionError} = outOfDistributionScores(
      test,
      foreign,
    );
    const averagePrecisionTest = averagePrecisionNegatives;
    return {score, auroc, averagePrecision, averagePrecisionTest, fprAt95: fprAtTpr, detectionError};
  });
  const {auroc, averagePrecision, fprAt95} = detection.find(({score}) => score === chosen) as OodDetection;
  const scores = Float64Array.from([...Array.from(pair.test), ...Array.from(pair.foreign)]);
  let [low, high] = [Infinity, -Infinity];
  for (const value of scores) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const edges = equalEdges(low, high, histogramBins);
  const curve = rocCurve(
    scores,
    scores.map((_, i) => Number(i >= pair.test.length)),
  );
  const kept = thin(curve.threshold.length, curvePoints);
  return {
    name,
    count: pair.foreign.length,
    score: chosen,
    auroc,
    averagePrecision,
    fprAt95,
    edges,
    testCounts: countInto(edges, pair.test),
    oodCounts: countInto(edges, pair.foreign),
    detection,
    roc: {
      falsePositiveRate: kept.map((i) => curve.falsePositiveRate[i] as number),
      truePositiveRate: kept.map((i) => curve.truePositiveRate[i] as number),
    },
  };
}

function noScore(score: OodScore, pairs: readonly ForeignnessPair[]): ConfigError {
  const known = pairs.map((pair) => `'${pair.score}'`).join(', ');
  return new ConfigError(
    `evaluate: expected oodScore to be one that these predictions have, ${known}, got '${score}'. Choose one of these.`,
  );
}
