import {ConfigError, DataError, ShapeError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, finiteVector, isMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {flags} from './flags.ts';
import {checkProbabilities, columnsOf} from './rows.ts';
import {topLabelFor} from './top-label.ts';
import {exampleWeights} from './weights.ts';

/**
 * Which probability is held against which event: 'top-label' the largest probability against being right, 'binary' the
 * probability of class 1 against its label.
 */
export type ReliabilityKind = 'top-label' | 'binary';

/** Yes-or-no events with the probability that was given to each. */
export interface Events {
  /** Predicted probability. */
  readonly probability: Float64Array;
  /** 1 where the event came true, else 0. */
  readonly outcome: Uint8Array;
  /** How often the event counts. */
  readonly weight: Float64Array;
}

/** The events of a kind: the predicted class being right, or the label being 1. */
export function eventsOf(
  caller: string,
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  kind: ReliabilityKind,
  weights: ArrayLike<number> | undefined,
): Events {
  const events = unweightedEvents(caller, probs, labels, kind);
  return {...events, weight: exampleWeights(caller, weights, events.probability.length)};
}

/** {@link eventsOf} without weights. */
export function unweightedEvents(
  caller: string,
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  kind: ReliabilityKind,
): Omit<Events, 'weight'> {
  if (kind !== 'top-label' && kind !== 'binary') {
    throw new ConfigError(
      `${caller}: expected kind 'top-label' or 'binary', got ${JSON.stringify(kind)}. Choose one of them.`,
    );
  }
  if (!isMatrix(probs)) {
    if (kind === 'binary') return vectorEvents(caller, probs, labels);
    throw new ShapeError(
      `${caller}: expected probs of shape [N, K] for kind 'top-label', got a flat array of length ${probs.length}. Pass ` +
        "{kind: 'binary'} for probabilities of class 1.",
    );
  }
  if (kind === 'top-label') {
    const {confidence, correct} = topLabelFor(caller, probs, labels);
    return {probability: confidence, outcome: correct};
  }
  const matrix = denseMatrix(caller, 'probs', probs);
  if (matrix.columns !== 2) {
    throw new ShapeError(
      `${caller}: expected probs of shape [N, 2] or [N] for kind 'binary', got [${matrix.rows}, ${matrix.columns}]. Use ` +
        "kind 'top-label' for more classes.",
    );
  }
  checkProbabilities(caller, 'probs', matrix);
  return {
    probability: columnsOf(matrix, 1, 2)[0] as Float64Array,
    outcome: Uint8Array.from(classLabels(caller, labels, matrix.rows, 2)),
  };
}

function vectorEvents(caller: string, probs: ArrayLike<number>, labels: Labels): Omit<Events, 'weight'> {
  const probability = finiteVector(caller, 'probs', probs);
  const wrong = probability.findIndex((p) => p < 0 || p > 1);
  if (wrong >= 0) {
    throw new DataError(
      `${caller}: expected probabilities from 0 to 1 in probs, got ${probability[wrong]} at index ${wrong}. Apply a ` +
        'sigmoid to logits first.',
    );
  }
  const outcome = isMatrix(labels)
    ? Uint8Array.from(classLabels(caller, labels, probability.length, 2))
    : flags(caller, 'labels', labels, probability.length);
  return {probability, outcome};
}
