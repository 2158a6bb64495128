/** A digit that the net is in doubt about. */
export interface Doubt {
  /** 8 × 8 levels of grey, 0 to 1. */
  readonly pixels: Float32Array;
  readonly label: number;
  /** The probability of each digit. */
  readonly probs: Float32Array;
}

/** What the worker tells the page. */
export type Message =
  | {readonly kind: 'progress'; readonly epoch: number; readonly epochs: number; readonly loss: number}
  | {readonly kind: 'done'; readonly accuracy: number; readonly calibrationError: number; readonly doubts: Doubt[]}
  | {readonly kind: 'failed'; readonly message: string};
