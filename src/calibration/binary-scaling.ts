import {finiteVector} from '../linalg/matrix-like.ts';
import {warn} from '../warn.ts';
import {binaryLabels, probabilityVector} from './inputs.ts';
import {logisticRegression, sigmoid} from './logistic-regression.ts';

const SMALLEST = 1e-12;
const SEPARATED = 1e-9;

/** A fitted Platt scaling: p = sigmoid(slope score + intercept). */
export interface PlattScaling {
  /** Above 0 where higher scores mean label 1. */
  readonly slope: number;
  /** The logit at score 0. */
  readonly intercept: number;
}

/**
 * Fits Platt scaling of a binary classifier's scores, on held-out data.
 *
 * Minimizes the mean cross-entropy of sigmoid(slope scores_i + intercept) with labels drawn in to (n1 + 1) / (n1 + 2) and
 * 1 / (n0 + 2), n1 and n0 being the counts of either label, which keeps the optimum finite (Platt 1999). Convex: Newton's
 * method, to within 1e-14 of the minimum.
 *
 * @param scores Any real scores, such as logits.
 * @param labels 0 or 1, one per score.
 * @throws DataError for scores that are not finite, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {applyPlattScaling, fitPlattScaling} from 'tfjs-bayes';
 * const platt = fitPlattScaling([-2, -1, 0.5, 1, 3], [0, 0, 1, 0, 1]);
 * console.log(applyPlattScaling([0, 3], platt)); // rising
 * ```
 */
export function fitPlattScaling(scores: ArrayLike<number>, labels: ArrayLike<number>): PlattScaling {
  const caller = 'fitPlattScaling';
  const s = finiteVector(caller, 'scores', scores);
  const y = binaryLabels(caller, labels, s.length);
  const ones = y.reduce((sum, label) => sum + label, 0);
  const high = (ones + 1) / (ones + 2);
  const low = 1 / (y.length - ones + 2);
  const {coefficients} = logisticRegression(
    caller,
    [s],
    y.map((label) => (label === 1 ? high : low)),
  );
  const [slope = 0, intercept = 0] = coefficients;
  return {slope, intercept};
}

/**
 * Probabilities of label 1 after Platt scaling: sigmoid(slope scores_i + intercept).
 *
 * @param scores Scores of the same classifier.
 * @param scaling As returned by {@link fitPlattScaling}.
 * @throws DataError for scores that are not finite, or none.
 *
 * @example
 * ```ts
 * import {applyPlattScaling} from 'tfjs-bayes';
 * console.log(applyPlattScaling([0, 1], {slope: 2, intercept: 0})); // 0.5, 0.8808
 * ```
 */
export function applyPlattScaling(scores: ArrayLike<number>, {slope, intercept}: PlattScaling): Float64Array {
  return finiteVector('applyPlattScaling', 'scores', scores).map((s) => sigmoid(slope * s + intercept));
}

/** A fitted beta calibration: p = sigmoid(a log q - b log(1 - q) + c). */
export interface BetaScaling {
  /** At least 0; a = b = 1 and c = 0 leave probabilities as they are. */
  readonly a: number;
  /** At least 0. */
  readonly b: number;
  /** Any number. */
  readonly c: number;
}

/**
 * Fits beta calibration of a binary classifier's probabilities, on held-out data.
 *
 * Minimizes the mean cross-entropy of sigmoid(a log(probs_i) - b log(1 - probs_i) + c) over a, b >= 0 and c (Kull, Silva Filho &
 * Flach 2017). Unlike Platt scaling of the logit it can leave a calibrated model as it is and bend either end by itself. Convex:
 * Newton's method, to within 1e-14 of the minimum. Probabilities within 1e-12 of 0 or 1 count as that.
 *
 * @param probs Probabilities of label 1.
 * @param labels 0 or 1, one per probability.
 * @throws DataError for numbers that are no probabilities, labels other than 0 and 1, or no examples.
 * @throws ShapeError where the lengths differ.
 *
 * @example
 * ```ts
 * import {applyBetaScaling, fitBetaScaling} from 'tfjs-bayes';
 * const beta = fitBetaScaling([0.1, 0.3, 0.4, 0.6, 0.8, 0.9], [0, 1, 0, 1, 0, 1]);
 * console.log(applyBetaScaling([0.05, 0.95], beta)); // less sure than before
 * ```
 */
export function fitBetaScaling(probs: ArrayLike<number>, labels: ArrayLike<number>): BetaScaling {
  const caller = 'fitBetaScaling';
  const p = probabilityVector(caller, 'probs', probs);
  const y = binaryLabels(caller, labels, p.length);
  const [rising, falling] = betaFeatures(p);
  const solve = (features: Float64Array[]): {coefficients: Float64Array; value: number} => {
    const solution = logisticRegression(caller, features, y);
    if (solution.value < SEPARATED) {
      warn(
        `${caller}: the labels can be separated perfectly, so that there is no finite optimum. Fit on more held-out data.`,
      );
    }
    return solution;
  };
  const [a = 0, b = 0, c = 0] = solve([rising, falling]).coefficients;
  if (a >= 0 && b >= 0) return {a, b, c};
  // The loss is convex: the optimum lies on a face, a = 0 or b = 0, or where they meet.
  const onlyA = solve([rising]);
  const onlyB = solve([falling]);
  const [slopeA = 0, interceptA = 0] = onlyA.coefficients;
  const [slopeB = 0, interceptB = 0] = onlyB.coefficients;
  if (slopeA >= 0 && (slopeB < 0 || onlyA.value <= onlyB.value)) return {a: slopeA, b: 0, c: interceptA};
  if (slopeB >= 0) return {a: 0, b: slopeB, c: interceptB};
  const [constant = 0] = solve([]).coefficients;
  return {a: 0, b: 0, c: constant};
}

/**
 * Probabilities of label 1 after beta calibration: sigmoid(a log(probs_i) - b log(1 - probs_i) + c).
 *
 * @param probs Probabilities of the same classifier.
 * @param scaling As returned by {@link fitBetaScaling}.
 * @throws DataError for numbers that are no probabilities, or none.
 *
 * @example
 * ```ts
 * import {applyBetaScaling} from 'tfjs-bayes';
 * console.log(applyBetaScaling([0.2, 0.9], {a: 1, b: 1, c: 0})); // 0.2, 0.9
 * ```
 */
export function applyBetaScaling(probs: ArrayLike<number>, {a, b, c}: BetaScaling): Float64Array {
  const [rising, falling] = betaFeatures(probabilityVector('applyBetaScaling', 'probs', probs));
  return rising.map((r, i) => sigmoid(a * r + b * (falling[i] as number) + c));
}

/** log q and -log(1 - q), finite. */
function betaFeatures(probs: Float64Array): [rising: Float64Array, falling: Float64Array] {
  const inside = probs.map((p) => Math.min(Math.max(p, SMALLEST), 1 - SMALLEST));
  return [inside.map(Math.log), inside.map((p) => -Math.log1p(-p))];
}
