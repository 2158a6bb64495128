import {
  classificationAccumulator,
  entropyParts,
  mixtureVarianceParts,
  predictiveEntropy,
  selectiveAccumulator,
  topLabel,
} from '../../src/metrics/index.ts';
import type {ClassFile, Labelled, Predictions} from '../read/predictions.ts';
import {intervalMeans} from './coverage.ts';
import {average, exampleLosses} from './losses.ts';
import {meanOfParts, type RunningMeans} from './running-means.ts';

/** Scores of the rows of a file. */
export interface Scores {
  readonly kind: Predictions['kind'];
  readonly count: number;
  readonly scores: {readonly [name: string]: number};
  /** Standard errors of those scores that are means over rows. */
  readonly standardErrors: {readonly [name: string]: number};
}

/** Scores of predictions that arrive in batches. */
export interface ScoreStream {
  /** Adds a batch of the same kind. */
  update(batch: Labelled): void;
  /** The scores of all so far. */
  result(): Scores;
}

/** Scores predictions of the kind batch by batch; classes keep 17 bytes per row, the others nothing. */
export function scoreStream(kind: Predictions['kind'], bins: number): ScoreStream {
  return kind === 'classification' ? classStream(bins) : numberStream(kind);
}

function classStream(bins: number): ScoreStream {
  const means = meanOfParts();
  const sums = classificationAccumulator({bins});
  const ranked = selectiveAccumulator();
  return {
    update(batch) {
      const {probs, members, truth} = batch as Labelled<ClassFile>;
      const {confidence, correct} = topLabel(probs, truth);
      sums.update(probs, truth);
      ranked.update(confidence, correct);
      const {negativeLogLikelihood = new Float64Array(0)} = exampleLosses(batch);
      means.addRows({negativeLogLikelihood, accuracy: Float64Array.from(correct)});
      const parts = members && members.shape[0] > 1 ? entropyParts(members) : undefined;
      means.addMeans(batch.rows, {
        entropy: average(predictiveEntropy(probs)),
        ...(parts === undefined
          ? {}
          : {aleatoricEntropy: average(parts.aleatoric), epistemicEntropy: average(parts.epistemic)}),
      });
    },
    result() {
      const {accuracy, negativeLogLikelihood, brierScore, calibrationError, weight} = sums.result();
      const {areaUnderRiskCoverage} = ranked.result();
      return {
        kind: 'classification',
        count: weight,
        scores: {
          accuracy,
          negativeLogLikelihood,
          brierScore,
          calibrationError,
          areaUnderRiskCoverage,
          ...means.means(),
        },
        standardErrors: means.standardErrors(),
      };
    },
  };
}

function numberStream(kind: Predictions['kind']): ScoreStream {
  const means = meanOfParts();
  let count = 0;
  return {
    update(batch) {
      if (batch.kind === 'classification') return;
      count += batch.rows;
      const {squaredError, ...losses} = exampleLosses(batch);
      means.addRows(losses);
      if (squaredError !== undefined) means.addMeans(batch.rows, {squaredError: average(squaredError)});
      if (batch.kind === 'mixture') {
        const {means: centres, stds} = batch;
        const parts = mixtureVarianceParts(centres, {data: stds.data.map((s) => s * s), shape: stds.shape});
        means.addMeans(batch.rows, {
          aleatoricVariance: average(parts.aleatoric),
          epistemicVariance: average(parts.epistemic),
        });
      }
      means.addMeans(batch.rows, intervalMeans(batch));
    },
    result: () => ({kind, count, scores: withRoot(means), standardErrors: means.standardErrors()}),
  };
}

/** The means, with the root of the mean squared error first. */
function withRoot(means: RunningMeans): {[name: string]: number} {
  const {squaredError, ...others} = means.means();
  return squaredError === undefined ? others : {rootMeanSquaredError: Math.sqrt(squaredError), ...others};
}
