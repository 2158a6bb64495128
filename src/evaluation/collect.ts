import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import type {BernoulliPredictive, CategoricalPredictive, Predictive} from '../predictive/index.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {gaussianParts} from './gaussian-parts.ts';
import type {ClassProbabilities, LabelledProbabilities, Moments, TargetedMoments} from './predictions.ts';
import {mean as average} from './summary.ts';

/** Predictions over classes: categorical, or bernoulli with one output as two classes. */
export type ClassPredictive = CategoricalPredictive | BernoulliPredictive;

/** Predictions of numbers. */
export type NumberPredictive = Exclude<Predictive, ClassPredictive>;

/** Whether the predictions are over classes. */
export function isClassPredictive(predictive: Predictive): predictive is ClassPredictive {
  return predictive.kind === 'categorical' || predictive.kind === 'bernoulli';
}

/** Reads class probabilities and entropies back. */
export async function collectProbabilities(predictive: ClassPredictive): Promise<ClassProbabilities> {
  const {probs, entropy} = await predictive.toArrays();
  if (predictive.kind === 'categorical') return {probs, entropy};
  const [rows, outputs] = probs.shape;
  if (outputs !== 1) {
    throw new ConfigError(
      `evaluate: expected a bernoulli model with one output, got ${outputs}. Evaluate each output by itself.`,
    );
  }
  const data = new Float64Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    data[2 * i] = 1 - (probs.data[i] as number);
    data[2 * i + 1] = probs.data[i] as number;
  }
  return {probs: {data, shape: [rows, 2]}, entropy};
}

/** Reads class probabilities back and puts them beside the labels; ignored labels and their rows are left out. */
export async function collectLabelled(
  predictive: ClassPredictive,
  likelihood: Likelihood,
  y: tf.Tensor,
): Promise<LabelledProbabilities> {
  const {probs, entropy} = await collectProbabilities(predictive);
  const prepared = await likelihood.prepareTargets(y, predictive.probs.shape, 'evaluate');
  const logProbs = predictive.logProb(prepared);
  try {
    const [targets, logProb] = await Promise.all([prepared.data(), logProbs.data()]);
    const labels = readLabels(targets, probs.shape[0], predictive.kind === 'categorical' ? probs.shape[1] : 1);
    const indices = Uint32Array.from(labels.keys()).filter((row) => (labels[row] as number) >= 0);
    if (indices.length === 0) {
      throw new DataError('evaluate: expected at least one example with a label, got none. Give some labels.');
    }
    const pick = <T extends Float32Array | Float64Array>(values: T, width = 1): T =>
      (indices.length === labels.length
        ? values
        : values.filter((_, i) => (labels[Math.floor(i / width)] ?? -1) >= 0)) as T;
    return {
      probs: {data: pick(probs.data, probs.shape[1]), shape: [indices.length, probs.shape[1]]},
      labels: labels.filter((label) => label >= 0),
      indices,
      logProb: pick(Float64Array.from(logProb)),
      ...(entropy === undefined
        ? {}
        : {
            entropy: {
              total: pick(entropy.total),
              aleatoric: pick(entropy.aleatoric),
              epistemic: pick(entropy.epistemic),
            },
          }),
    };
  } finally {
    tf.dispose([prepared, logProbs]);
  }
}

/** Label of each row of prepared targets; -1 where it is ignored. */
function readLabels(targets: ArrayLike<number>, rows: number, width: number): Int32Array {
  return Int32Array.from({length: rows}, (_, i) => {
    if (width === 1) return hardLabel(targets[i] as number, i, (value) => (value < 0 ? -1 : value));
    let sum = 0;
    let best = 0;
    for (let k = 0; k < width; k++) {
      const value = targets[i * width + k] as number;
      sum += value;
      if (value > (targets[i * width + best] as number)) best = k;
    }
    return sum === 0 ? -1 : hardLabel(targets[i * width + best] as number, i, () => best);
  });
}

function hardLabel(value: number, row: number, label: (value: number) => number): number {
  if (value > 0 && value !== 1) {
    throw new DataError(
      `evaluate: expected integer labels or one-hot rows, got the probability ${value} in row ${row}. ` +
        'Pass the class that was observed.',
    );
  }
  return label(value);
}

/** Reads means and variances back. */
export async function collectMoments(predictive: NumberPredictive): Promise<Moments> {
  const {mean, variance, aleatoricVariance, epistemicVariance} = await predictive.toArrays();
  return {
    mean: Float64Array.from(mean.data),
    std: Float64Array.from(variance.data, Math.sqrt),
    outputs: mean.shape[1],
    parts: {aleatoric: aleatoricVariance.data, epistemic: epistemicVariance.data},
  };
}

/** Reads means and variances back and puts them beside the targets. */
export async function collectTargeted(predictive: NumberPredictive, y: tf.Tensor): Promise<TargetedMoments> {
  const shaped = alignedTargets('evaluate', y, predictive.mean.shape);
  const logProbs = predictive.logProb(shaped);
  try {
    const moments = await collectMoments(predictive);
    const [targets, logProb] = await Promise.all([shaped.data(), logProbs.data()]);
    const bad = Array.from(targets).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new DataError(`evaluate: expected finite targets, got ${targets[bad]} at entry ${bad}. Leave it out.`);
    }
    const plain = {...moments, targets: Float64Array.from(targets), logProb: Float64Array.from(logProb)};
    if (predictive.kind === 'gaussian') return {...plain, ...gaussianParts(plain.mean, plain.std, plain.targets)};
    const [pit, crps, width50, width90, width95] = await Promise.all([
      read(predictive.cdf(shaped)),
      read(predictive.crps(shaped)),
      readWidth(predictive, 0.5),
      readWidth(predictive, 0.9),
      readWidth(predictive, 0.95),
    ]);
    return {...plain, pit, crps: average(crps), widths: {50: width50, 90: width90, 95: width95}};
  } finally {
    tf.dispose([shaped, logProbs]);
  }
}

async function readWidth(predictive: NumberPredictive, level: number): Promise<number> {
  const upper = predictive.quantile((1 + level) / 2);
  const lower = predictive.quantile((1 - level) / 2);
  const width = tf.sub(upper, lower);
  tf.dispose([upper, lower]);
  return average(await read(width));
}

async function read(tensor: tf.Tensor): Promise<Float64Array> {
  try {
    return Float64Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}
