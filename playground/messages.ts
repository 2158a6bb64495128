import type {Split} from './data.ts';
import type {Settings} from './settings.ts';

/** Cells along a side of a map. */
export const MAP_CELLS = 60;
/** Inputs along a curve. */
export const CURVE_POINTS = 200;

/** What the page asks of the worker. */
export type Request =
  | {readonly kind: 'train'; readonly id: number; readonly settings: Settings; readonly data: Split}
  /** Predicts again from what is trained, with another number of samples. */
  | {readonly kind: 'predict'; readonly samples: number};

/** What is predicted: a class at each cell of the plane, row after row from the top left. */
export interface ClassView {
  readonly kind: 'classes';
  readonly classes: number;
  /** Probabilities [cells, classes]. */
  readonly probs: Float32Array;
  /** Mutual information between label and weights, in nats. */
  readonly epistemic: Float32Array;
  /** Mean entropy of the draws, in nats. */
  readonly aleatoric: Float32Array;
}

/** What is predicted: a number at each of {@link CURVE_POINTS} inputs from left to right. */
export interface NumberView {
  readonly kind: 'numbers';
  readonly mean: Float32Array;
  /** Standard deviations. */
  readonly epistemic: Float32Array;
  readonly aleatoric: Float32Array;
  readonly total: Float32Array;
}

/** How good the prediction is on points that were not learnt from. */
export interface Scores {
  readonly points: number;
  /** Mean negative log-likelihood, in nats. */
  readonly nll: number;
  /** Expected calibration error, from 0 to 1. */
  readonly ece: number;
  /** Accuracy, or root mean squared error. */
  readonly error: number;
  /** The reliability diagram: what was expected, what was observed, and the share of the points behind it. */
  readonly reliability: readonly {readonly expected: number; readonly observed: number; readonly share: number}[];
}

/** A state of training, predicted. */
export interface Frame {
  readonly kind: 'frame';
  /** Of the request to train. */
  readonly id: number;
  readonly step: number;
  readonly steps: number;
  readonly view: ClassView | NumberView;
  /** Undefined where no point is held out. */
  readonly scores: Scores | undefined;
  /** Milliseconds that the prediction of the view took. */
  readonly predictMillis: number;
  /** Milliseconds of training so far, without what is shown. */
  readonly trainMillis: number;
}

/** What the worker tells the page. */
export type Reply =
  | {readonly kind: 'ready'; readonly backend: string}
  | Frame
  /** Without an `id` where no training was under way. */
  | {readonly kind: 'failed'; readonly id: number | undefined; readonly message: string};
