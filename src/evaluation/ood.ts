import {ConfigError} from '../errors.ts';
import {auroc, averagePrecision, fprAtTpr, predictiveEntropy} from '../metrics/index.ts';
import type {OodResult, OodScore} from './evaluation.ts';
import type {ClassProbabilities, Moments} from './predictions.ts';
import {countInto, equalEdges} from './summary.ts';

const histogramBins = 30;

/** How foreign each input looks to a classifier: the higher the more. */
export function classifierOodScores({probs, entropy}: ClassProbabilities, score: OodScore): ArrayLike<number> {
  if (score === 'max-probability') {
    const [rows, classes] = probs.shape;
    return Float64Array.from({length: rows}, (_, i) => {
      let best = 0;
      for (let k = 0; k < classes; k++) best = Math.max(best, probs.data[i * classes + k] as number);
      return -best;
    });
  }
  if (score === 'entropy') return entropy?.total ?? predictiveEntropy(probs);
  if (entropy === undefined) throw noParts();
  return entropy.epistemic;
}

/** How foreign each input looks to a regression: its standard deviation, over several outputs in the quadratic mean. */
export function regressionOodScores({std, parts, outputs}: Moments, score: OodScore): Float64Array {
  if (score === 'max-probability') {
    throw new ConfigError(
      "evaluate: expected oodScore 'entropy' or 'epistemic' for a regression, got 'max-probability'. Choose one of these.",
    );
  }
  if (score === 'epistemic' && parts === undefined) throw noParts();
  const variance = (entry: number): number =>
    score === 'epistemic' ? (parts?.epistemic[entry] as number) : (std[entry] as number) ** 2;
  return Float64Array.from({length: std.length / outputs}, (_, i) => {
    let sum = 0;
    for (let c = 0; c < outputs; c++) sum += variance(i * outputs + c);
    return Math.sqrt(sum / outputs);
  });
}

/** Judges how well the scores tell foreign inputs, the positives, from those of the test set. */
export function oodResult(
  name: string,
  score: OodScore,
  testScores: ArrayLike<number>,
  oodScores: ArrayLike<number>,
): OodResult {
  const scores = Float64Array.from([...Array.from(testScores), ...Array.from(oodScores)]);
  const positives = Uint8Array.from(scores, (_, i) => (i < testScores.length ? 0 : 1));
  let [low, high] = [Infinity, -Infinity];
  for (const value of scores) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const edges = equalEdges(low, high, histogramBins);
  return {
    name,
    count: oodScores.length,
    score,
    auroc: auroc(scores, positives),
    averagePrecision: averagePrecision(scores, positives),
    fprAt95: fprAtTpr(scores, positives, {tpr: 0.95}),
    edges,
    testCounts: countInto(edges, testScores),
    oodCounts: countInto(edges, oodScores),
  };
}

function noParts(): ConfigError {
  return new ConfigError(
    "evaluate: expected predictions that tell epistemic from aleatoric doubt for oodScore 'epistemic', got plain ones. " +
      "Use 'entropy'.",
  );
}
