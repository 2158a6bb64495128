import * as tf from '@tensorflow/tfjs-core';
import {
  accuracy,
  auroc,
  calibrationError,
  negativeLogLikelihood,
  predictiveEntropy,
} from '../../../src/metrics/index.ts';
import type {Posterior} from '../../../src/posterior/index.ts';
import {fashionMnist, type LabelledImages, mnist, rotated, toTensor} from '../images.ts';

const [TEST, TURNED, FASHION_PER_CLASS] = [10_000, 1_000, 200];
const ANGLES = [15, 30, 45, 60, 75, 90];

/** What methods are judged on. */
export interface Trial {
  readonly test: LabelledImages;
  readonly turned: readonly LabelledImages[];
  readonly fashion: Float32Array;
}

/** The scores of one method. */
export interface MethodScores {
  readonly accuracy: number;
  readonly negativeLogLikelihood: number;
  readonly calibrationError: number;
  /** Mean over the angles of negative log-likelihood on rotated digits. */
  readonly rotatedNegativeLogLikelihood: number;
  /** Telling FashionMNIST from digits by predictive entropy. */
  readonly fashionAuroc: number;
}

/** All test digits, 1000 of them turned by six angles, and 2000 pieces of clothing. */
export async function loadTrial(): Promise<Trial> {
  const test = await mnist('t10k', TEST);
  const some = await mnist('t10k', TURNED);
  return {
    test,
    turned: ANGLES.map((degrees) => rotated(some, degrees)),
    fashion: await fashionMnist(FASHION_PER_CLASS),
  };
}

/** Probabilities [N, K] of a posterior, by `samples` draws where it draws. */
async function probabilities(posterior: Posterior, pixels: Float32Array, samples: number) {
  const x = toTensor(pixels);
  const predictive = await posterior.predict(x, {samples});
  try {
    if (predictive.kind !== 'categorical') throw new TypeError(`expected class probabilities, got ${predictive.kind}`);
    return {data: await predictive.probs.data(), shape: predictive.probs.shape as [number, number]};
  } finally {
    tf.dispose(x);
    predictive.dispose();
  }
}

/** The scores of a posterior on the trial. */
export async function judge(
  posterior: Posterior,
  {test, turned, fashion}: Trial,
  samples: number,
): Promise<MethodScores> {
  const probs = await probabilities(posterior, test.pixels, samples);
  let rotatedSum = 0;
  for (const {pixels, labels} of turned) {
    rotatedSum += negativeLogLikelihood(await probabilities(posterior, pixels, samples), labels);
  }
  const clothes = predictiveEntropy(await probabilities(posterior, fashion, samples));
  const entropies = [...predictiveEntropy(probs), ...clothes];
  const strange = entropies.map((_, i) => i >= test.labels.length);
  return {
    accuracy: accuracy(probs, test.labels),
    negativeLogLikelihood: negativeLogLikelihood(probs, test.labels),
    calibrationError: calibrationError(probs, test.labels),
    rotatedNegativeLogLikelihood: rotatedSum / turned.length,
    fashionAuroc: auroc(entropies, strange),
  };
}

/** The mean of several methods' scores. */
export function meanScores(all: readonly MethodScores[]): MethodScores {
  const mean = (key: keyof MethodScores): number => all.reduce((sum, scores) => sum + scores[key], 0) / all.length;
  return {
    accuracy: mean('accuracy'),
    negativeLogLikelihood: mean('negativeLogLikelihood'),
    calibrationError: mean('calibrationError'),
    rotatedNegativeLogLikelihood: mean('rotatedNegativeLogLikelihood'),
    fashionAuroc: mean('fashionAuroc'),
  };
}
