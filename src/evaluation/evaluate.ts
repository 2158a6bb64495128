import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {calibrated} from '../io/index.ts';
import type {Inputs} from '../models/inputs.ts';
import {type FitCalibrationOptions, fitCalibration} from '../posterior/index.ts';
import type {Posterior, PredictOptions} from '../posterior/posterior.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Rng} from '../random/index.ts';
import {isClassPredictive} from './collect.ts';
import type {Evaluation, OodResult, OodScore, Recalibrated, ShiftResult} from './evaluation.ts';
import {type EvaluationData, type Plan, planSets} from './evaluation-data.ts';
import {type JudgeOptions, judgement} from './judge-options.ts';
import {oodResult, oodScores} from './ood.ts';
import {classReader, numberReader, type SetReader} from './set-reader.ts';
import {warnOfSharedRows} from './shared-rows.ts';
import {scoreMeans} from './summary.ts';

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends JudgeOptions {
  /** Name of the model in tables and plots. Default 'model'. */
  readonly name?: string;
  /** What tells foreign inputs apart in the main table and the plots. Default 'entropy'. */
  readonly oodScore?: OodScore;
  /** Adds a group of scores on how far members or draws are apart; holds all their probabilities at once. Default false. */
  readonly members?: boolean;
  /** How `calibration` rows are used. Default: temperature for classes, variance scaling for numbers. */
  readonly recalibration?: Pick<FitCalibrationOptions, 'method' | 'averaging'>;
  /** Monte-Carlo draws where the posterior needs them. Default: the posterior's. */
  readonly samples?: number;
  /** Inputs predicted at once. Default: the posterior's. */
  readonly batchSize?: number;
  /** Where draws come from; each set gets a fork of it. Default: the posterior's fixed seed. */
  readonly rng?: Rng;
  /** Called when a set is done, with the sets done and all sets. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/**
 * Judges a posterior on a test set and, where given, on shifted data and on foreign inputs.
 *
 * Classification (categorical, or bernoulli with one output): accuracy, negative log-likelihood, Brier score,
 * calibration error, area under the risk-coverage curve, entropy with its aleatoric and epistemic part. Regression
 * (gaussian and mixture): root mean squared error, negative log-likelihood, CRPS, coverage and width of the central 50%,
 * 90% and 95% intervals, the parts of the variance. `details` hold the other scores in groups: the kinds of calibration error,
 * decompositions of proper scores, selective prediction; interval scores, quantile calibration, tests of the probability integral
 * transform, ranking by doubt. Foreign inputs are told apart by every {@link OodScore} that the predictions have. Log-likelihoods come from the predictive's own log-density, not
 * from rounded probabilities; mixtures are never replaced by one Gaussian. A label of -100 is ignored. Of several
 * regression outputs, the log-likelihood is that of an example's outputs together and the other scores are means.
 *
 * With `calibration` rows all of it is done again after a recalibration fitted on them, as `recalibrated`. Warns where the
 * test set shares examples with them, or with those that a calibrated posterior was fitted on.
 *
 * @throws ConfigError where shifted or foreign sets share a name and level, or the options do not fit the model.
 * @throws ShapeError where targets have another shape than the predictions.
 * @throws DataError where a set is empty, or targets are no labels of the model's classes or not finite.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {compare, evaluate, formatTable, initBackend, loadDataset, pointEstimate} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const {x, y, rows, features} = await loadDataset('wine');
 * const inputs = tf.tensor2d(x, [rows, features]);
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [features]})]});
 * const evaluation = await evaluate(pointEstimate(model), {test: {x: inputs, y}}, {name: 'untrained net'});
 * console.log(formatTable(compare([evaluation])));
 * inputs.dispose();
 * ```
 */
export async function evaluate(
  posterior: Posterior,
  data: EvaluationData,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const {name = 'model'} = options;
  checkSamples(options);
  const plan = planSets(data, options.onProgress);
  const judged = judgement(options);
  await warnOfSharedRows(posterior, data);
  return withTargets(data.test.y, (y) =>
    predict(posterior, data.test.x, 'test', options, async (predictive): Promise<Evaluation> => {
      if (isClassPredictive(predictive)) {
        const reader = classReader(posterior.likelihood, judged);
        const test = await reader.labelled(predictive, y);
        const classes = test.probs.shape[1];
        const found = await judge(posterior, plan, reader, test, options);
        return {
          kind: 'classification',
          name,
          classes,
          ...found,
          ...(await recalibrate(posterior, data, plan, reader, options)),
        };
      }
      const reader = numberReader(judged);
      const found = await judge(posterior, plan, reader, await reader.labelled(predictive, y), options);
      return {
        kind: 'regression',
        name,
        ...found,
        ...(await recalibrate(posterior, data, plan, reader, options)),
      };
    }),
  );
}

function checkSamples({samples}: EvaluateOptions): void {
  if (samples === undefined || (Number.isInteger(samples) && samples >= 1)) return;
  throw new ConfigError(
    `evaluate: expected samples to be a whole number above 0, got ${samples}. Leave it out for the posterior's own.`,
  );
}

async function judge<Labelled extends Plain, Plain, Test, Scores extends object>(
  posterior: Posterior,
  plan: Plan,
  reader: SetReader<Labelled, Plain, Test, Scores>,
  test: Labelled,
  options: EvaluateOptions,
) {
  const {ood, done} = plan;
  const result = reader.test(test);
  done('test');
  const shifts = await judgeShifts(posterior, plan, reader, options);
  const results: OodResult[] = [];
  for (const {name, x} of ood) {
    const plain = await predict(posterior, x, `ood ${name}`, options, reader.plain);
    const pairs = oodScores.flatMap((score) => {
      const [own, foreign] = [reader.foreignness(test, score), reader.foreignness(plain, score)];
      return own === undefined || foreign === undefined ? [] : [{score, test: own, foreign}];
    });
    const doubt = reader.doubt(plain);
    results.push({...oodResult(name, options.oodScore ?? 'entropy', pairs), ...(doubt && {doubt})});
    done(name);
  }
  const shiftMean = scoreMeans(shifts.map(({scores}) => scores));
  return {test: result, shifts, ...(shifts.length > 0 && {shiftMean}), ood: results};
}

async function judgeShifts<Labelled extends Plain, Plain, Test, Scores>(
  posterior: Posterior,
  {shift, done}: Plan,
  reader: SetReader<Labelled, Plain, Test, Scores>,
  options: EvaluateOptions,
): Promise<Array<ShiftResult<Scores>>> {
  const shifts: Array<ShiftResult<Scores>> = [];
  for (const {name, level, x, y: targets} of shift) {
    const labelled = await withTargets(targets, (y) =>
      predict(posterior, x, `shift ${name} ${level}`, options, (predictive) => reader.labelled(predictive, y)),
    );
    const details = reader.details(labelled);
    shifts.push({
      name,
      ...(level === undefined ? {} : {level}),
      count: reader.count(labelled),
      scores: reader.scores(labelled),
      ...(details && {details}),
    });
    done(name);
  }
  return shifts;
}

/** Everything again after recalibration, where there are rows for it. */
async function recalibrate<Labelled extends Plain, Plain, Test, Scores>(
  posterior: Posterior,
  {test, calibration: rows}: EvaluationData,
  plan: Plan,
  reader: SetReader<Labelled, Plain, Test, Scores>,
  options: EvaluateOptions,
): Promise<{recalibrated?: Recalibrated<Test, Scores>}> {
  if (rows === undefined) return {};
  const {recalibration = {}, ...rest} = options;
  const calibration = await fitCalibration(posterior, rows, {...recalibration, ...predictOptions('calibration', rest)});
  const better = calibrated(posterior, calibration);
  const labelled = await withTargets(test.y, (y) =>
    predict(better, test.x, 'test', options, (predictive) => reader.labelled(predictive, y)),
  );
  const shifts = await judgeShifts(better, {...plan, done: () => {}}, reader, options);
  plan.done('calibration');
  const method = calibration.method ?? 'temperature';
  return {recalibrated: {method, calibration, test: reader.test(labelled), shifts}};
}

function predictOptions(tag: string, {samples, batchSize, rng}: EvaluateOptions): PredictOptions {
  return {
    ...(samples === undefined ? {} : {samples}),
    ...(batchSize === undefined ? {} : {batchSize}),
    ...(rng === undefined ? {} : {rng: rng.fork(tag)}),
  };
}

async function predict<T>(
  posterior: Posterior,
  x: Inputs,
  tag: string,
  options: EvaluateOptions,
  read: (predictive: Predictive) => Promise<T>,
): Promise<T> {
  const kept = options.members === true ? {keepMembers: true} : {};
  const predictive = await posterior.predict(x, {...predictOptions(tag, options), ...kept});
  try {
    return await read(predictive);
  } finally {
    predictive.dispose();
  }
}

async function withTargets<T>(y: tf.Tensor | ArrayLike<number>, use: (y: tf.Tensor) => Promise<T>): Promise<T> {
  if (y instanceof tf.Tensor) return use(y);
  const tensor = tf.tensor1d(Float32Array.from(y));
  try {
    return await use(tensor);
  } finally {
    tensor.dispose();
  }
}
