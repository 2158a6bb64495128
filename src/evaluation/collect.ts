import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {hardLabels} from '../posterior/hard-labels.ts';
import type {BernoulliPredictive, CategoricalPredictive, GaussianPredictive, Predictive} from '../predictive/index.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {gaussianParts} from './gaussian-parts.ts';
import {type MemberDoubt, memberDoubt} from './member-doubt.ts';
import type {ClassProbabilities, IntervalEnds, LabelledProbabilities, Moments, TargetedMoments} from './predictions.ts';

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
  if (predictive.kind === 'categorical') {
    const {latent} = predictive;
    const found = {probs, entropy, ...(await membersOf(predictive))};
    if (latent === undefined) return found;
    return {...found, logits: {data: Float32Array.from(await latent.mean.data()), shape: probs.shape}};
  }
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
  return {probs: {data, shape: [rows, 2]}, entropy, ...(await membersOf(predictive))};
}

async function membersOf(predictive: ClassPredictive): Promise<{members?: MemberDoubt}> {
  const members = await memberDoubt(predictive);
  return members === undefined ? {} : {members};
}

/** Reads class probabilities back and puts them beside the labels; ignored labels and their rows are left out. */
export async function collectLabelled(
  predictive: ClassPredictive,
  likelihood: Likelihood,
  y: tf.Tensor,
): Promise<LabelledProbabilities> {
  const {probs, entropy, logits, members} = await collectProbabilities(predictive);
  const prepared = await likelihood.prepareTargets(y, predictive.probs.shape, 'evaluate');
  const logProbs = predictive.logProb(prepared);
  try {
    const [targets, logProb] = await Promise.all([prepared.data(), logProbs.data()]);
    const labels = hardLabels(
      'evaluate',
      targets,
      probs.shape[0],
      predictive.kind === 'categorical' ? probs.shape[1] : 1,
    );
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
      ...(logits && {logits: {data: pick(logits.data, probs.shape[1]), shape: [indices.length, probs.shape[1]]}}),
      ...(members && {
        members: Object.fromEntries(Object.entries(members).map(([name, values]) => [name, pick(values)])),
      }),
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
    const [pit, crps, half, wide, wider] = await Promise.all([
      readPit(predictive, shaped),
      read(await predictive.crps(shaped)),
      readEnds(predictive, 0.5),
      readEnds(predictive, 0.9),
      readEnds(predictive, 0.95),
    ]);
    return {...plain, pit, crps, ends: {50: half, 90: wide, 95: wider}};
  } finally {
    tf.dispose([shaped, logProbs]);
  }
}

/** p(Y <= y); of counts the middle of the step at y, which is uniform on average where the prediction is right. */
async function readPit(predictive: Exclude<NumberPredictive, GaussianPredictive>, y: tf.Tensor): Promise<Float64Array> {
  const reached = await read(await predictive.cdf(y));
  if (predictive.kind !== 'count') return reached;
  const previous = tf.sub(y, 1);
  const before = await read(await predictive.cdf(previous));
  previous.dispose();
  return reached.map((value, i) => (value + (before[i] as number)) / 2);
}

async function readEnds(predictive: NumberPredictive, level: number): Promise<IntervalEnds> {
  const [upper, lower] = await Promise.all([
    read(await predictive.quantile((1 + level) / 2)),
    read(await predictive.quantile((1 - level) / 2)),
  ]);
  return {lower, upper};
}

async function read(tensor: tf.Tensor): Promise<Float64Array> {
  try {
    return Float64Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}
