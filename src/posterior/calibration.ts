import * as tf from '@tensorflow/tfjs-core';
import {applyClassCalibration, type ClassCalibration, type RegressionCalibration} from '../calibration/index.ts';
import {ConfigError} from '../errors.ts';
import {haveEqualWeights} from '../predictive/equal-members.ts';
import {
  BernoulliPredictive,
  CategoricalPredictive,
  GaussianPredictive,
  MixturePredictive,
  type Predictive,
  RecalibratedPredictive,
} from '../predictive/index.ts';
import {tidyObject} from '../predictive/tidy.ts';
import type {RowSketch} from './row-sketch.ts';

/** Probabilities of 0 become this, so that logarithms stay finite. */
const SMALLEST = 2 ** -126;

/** Half the gap of float32 below 1: what a member's probability or its complement is at least, as finer ones are unknown. */
const FINEST = 2 ** -25;

/**
 * A calibration that can be put on a posterior, as plain JSON: what `fitCalibration` returns, or by hand `{temperature: 1.5}`.
 */
export type Calibration = (
  | {
      /** Temperature scaling, the default. */
      readonly method?: 'temperature';
      /** Divides the logits (Guo et al. 2017): above 1 makes predictions less sure. */
      readonly temperature: number;
      /**
       * `'before'` (default) divides the logits of each member, draw or latent Gaussian, then averages; `'after'` divides the
       * logarithms of the averaged probabilities.
       */
      readonly averaging?: 'before' | 'after';
    }
  | Exclude<
      ClassCalibration,
      {
        /** Stands above. */
        readonly method: 'temperature';
      }
    >
  | RegressionCalibration
) & {
  /** What is remembered of the inputs that it was fitted on. */
  readonly rows?: RowSketch;
};

/** Throws `ConfigError` for a calibration that cannot be one. */
export function checkCalibration(caller: string, calibration: Calibration): void {
  const factor =
    'temperature' in calibration ? calibration.temperature : 'factor' in calibration ? calibration.factor : 1;
  if (Number.isFinite(factor) && factor > 0 && ('temperature' in calibration || calibration.method !== undefined)) {
    return;
  }
  throw new ConfigError(
    `${caller}: expected a calibration with a positive, finite temperature or factor, got ${factor}. Fit one with ` +
      'fitCalibration(posterior, {x, y}).',
  );
}

/** A prediction after calibration; the one given is taken over. */
export async function calibratePredictive(predictive: Predictive, calibration: Calibration): Promise<Predictive> {
  try {
    return await mapPredictive(predictive, calibration);
  } catch (error) {
    predictive.dispose();
    throw error;
  }
}

async function mapPredictive(predictive: Predictive, calibration: Calibration): Promise<Predictive> {
  if (predictive instanceof CategoricalPredictive) return calibrateClasses(predictive, classPart(calibration));
  if (predictive instanceof BernoulliPredictive) return calibrateEvents(predictive, classPart(calibration));
  if (predictive instanceof GaussianPredictive || predictive instanceof MixturePredictive) {
    if (calibration.method === 'pit') return RecalibratedPredictive.of(predictive, calibration.map);
    if (calibration.method === 'variance-scaling') return scaleVariance(predictive, calibration.factor);
  }
  throw new ConfigError(
    `calibrated: expected a calibration for '${predictive.kind}' predictions, got '${calibration.method ?? 'temperature'}'. ` +
      'Class probabilities have other calibrations than numbers.',
  );
}

/**
 * Logits divided, members apart: what a temperature does before averaging. Undefined where there are no equal members. The logits
 * are those of the members' probabilities; of yes-or-no outputs they lie within 25 log(2) = 17.3 of 0, as far as float32 can tell.
 */
export async function temperMembers(
  predictive: CategoricalPredictive | BernoulliPredictive,
  temperature: number,
): Promise<CategoricalPredictive | BernoulliPredictive | undefined> {
  const {memberProbs, probs} = predictive;
  if (memberProbs === undefined) return undefined;
  if (!(await haveEqualWeights(memberProbs, probs))) return undefined;
  const logs = (values: tf.Tensor): tf.Tensor => tf.log(tf.maximum(values, SMALLEST));
  const logMean = (members: tf.Tensor): tf.Tensor =>
    tf.sub(tf.logSumExp(members, 0), Math.log(memberProbs.shape[0] ?? 1));
  return tidyObject((): CategoricalPredictive | BernoulliPredictive => {
    if (predictive instanceof CategoricalPredictive) {
      const members = tf.logSoftmax(tf.div(logs(memberProbs), temperature));
      return new CategoricalPredictive({
        logProbs: logMean(members),
        memberProbs: tf.exp(members),
        memberEntropy: tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(members), members), -1), 0)),
      });
    }
    const bounded = (values: tf.Tensor): tf.Tensor => tf.log(tf.maximum(values, FINEST));
    const f = tf.div(tf.sub(bounded(memberProbs), bounded(tf.sub(1, memberProbs))), temperature);
    const [yes, no] = [tf.logSigmoid(f), tf.logSigmoid(tf.neg(f))];
    const entropy = tf.neg(tf.sum(tf.add(tf.mul(tf.exp(yes), yes), tf.mul(tf.exp(no), no)), -1));
    return new BernoulliPredictive({
      logProbs: logMean(yes),
      logComplements: logMean(no),
      memberProbs: tf.exp(yes),
      memberEntropy: tf.mean(entropy, 0),
    });
  });
}

function classPart(calibration: Calibration): ClassCalibration {
  if ('temperature' in calibration && calibration.method !== 'irova-ts') {
    return {method: 'temperature', temperature: calibration.temperature};
  }
  if (calibration.method !== 'pit' && calibration.method !== 'variance-scaling') return calibration as ClassCalibration;
  throw new ConfigError(
    `calibrated: expected a calibration of class probabilities, got '${calibration.method}', which is for numbers. Fit one ` +
      "with fitCalibration, with the method 'temperature' for example.",
  );
}

async function calibrateClasses(
  predictive: CategoricalPredictive,
  calibration: ClassCalibration,
): Promise<CategoricalPredictive> {
  const {shape} = predictive.logProbs;
  const classes = shape.at(-1) ?? 1;
  const mapped = await mapRows(await predictive.logProbs.data(), classes, calibration);
  const calibrated = tidyObject(() => {
    const logProbs = tf.log(tf.maximum(tf.tensor(mapped, shape, 'float32'), SMALLEST));
    const entropy = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1));
    return new CategoricalPredictive({logProbs, memberEntropy: tf.mul(entropy, noiseShare(predictive))});
  });
  predictive.dispose();
  return calibrated;
}

async function calibrateEvents(
  predictive: BernoulliPredictive,
  calibration: ClassCalibration,
): Promise<BernoulliPredictive> {
  const {shape} = predictive.logProbs;
  if (shape.at(-1) !== 1 && calibration.method !== 'temperature') {
    throw new ConfigError(
      `calibrated: expected a bernoulli posterior with one output for the method '${calibration.method}', got ${shape.at(-1)}. ` +
        "Calibrate each output by itself, or use 'temperature'.",
    );
  }
  const [yes, no] = await Promise.all([predictive.logProbs.data(), predictive.logComplements.data()]);
  const rows = Float64Array.from({length: 2 * yes.length}, (_, i) => (i % 2 === 1 ? yes : no)[i >> 1] as number);
  const mapped = await mapRows(rows, 2, calibration);
  const column = (k: number): Float32Array => Float32Array.from(yes, (_, i) => mapped[2 * i + k] as number);
  const calibrated = tidyObject(() => {
    const logs = (k: number): tf.Tensor => tf.log(tf.maximum(tf.tensor(column(k), shape), SMALLEST));
    const [logProbs, logComplements] = [logs(1), logs(0)];
    const each = tf.add(tf.mul(tf.exp(logProbs), logProbs), tf.mul(tf.exp(logComplements), logComplements));
    const memberEntropy = tf.mul(tf.neg(tf.sum(each, -1)), noiseShare(predictive));
    return new BernoulliPredictive({logProbs, logComplements, memberEntropy});
  });
  predictive.dispose();
  return calibrated;
}

async function mapRows(
  logits: ArrayLike<number>,
  classes: number,
  calibration: ClassCalibration,
): Promise<Float32Array> {
  const data = Float64Array.from(logits, (f) => Math.max(f, -700));
  const {data: mapped} = applyClassCalibration({data, shape: [data.length / classes, classes]}, calibration, {
    scale: 'logits',
  });
  return Float32Array.from(mapped);
}

/** The share of the entropy that is noise; a calibration of averages says nothing new about it. */
function noiseShare(predictive: CategoricalPredictive | BernoulliPredictive): tf.Tensor {
  const {total, aleatoric} = predictive.entropy();
  return tf.clipByValue(tf.div(aleatoric, tf.maximum(total, SMALLEST)), 0, 1);
}

function scaleVariance(
  predictive: GaussianPredictive | MixturePredictive,
  factor: number,
): GaussianPredictive | MixturePredictive {
  const square = factor ** 2;
  const scaled = tidyObject((): GaussianPredictive | MixturePredictive => {
    if (predictive instanceof GaussianPredictive) {
      const {mean, epistemicVariance, aleatoricVariance, epistemicCovariance} = predictive;
      return new GaussianPredictive({
        mean: tf.clone(mean),
        epistemicVariance: tf.mul(epistemicVariance, square),
        aleatoricVariance: tf.mul(aleatoricVariance, square),
        epistemicCovariance: epistemicCovariance && tf.mul(epistemicCovariance, square),
      });
    }
    const {mean, means, variances, weights, memberEpistemicVariances} = predictive;
    return new MixturePredictive({
      means: tf.add(mean, tf.mul(tf.sub(means, mean), factor)),
      variances: tf.mul(variances, square),
      weights: tf.clone(weights),
      memberEpistemicVariances: memberEpistemicVariances && tf.mul(memberEpistemicVariances, square),
    });
  });
  predictive.dispose();
  return scaled;
}
