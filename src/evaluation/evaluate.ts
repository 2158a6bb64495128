import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, DataError} from '../errors.ts';
import {countInputs, type Inputs} from '../models/inputs.ts';
import type {Posterior} from '../posterior/posterior.ts';
import type {Predictive} from '../predictive/index.ts';
import type {Rng} from '../random/index.ts';
import {isClassPredictive} from './collect.ts';
import type {Evaluation, OodResult, OodScore, ShiftResult} from './evaluation.ts';
import {oodResult} from './ood.ts';
import {classReader, numberReader, type SetReader} from './set-reader.ts';

/** Inputs with what is true of them. */
export interface LabelledSet {
  /** Inputs of the model. */
  readonly x: Inputs;
  /** What `fit` takes: integer labels [N], one-hot rows [N, K], or numbers [N, C]; [N] too where C is 1. */
  readonly y: tf.Tensor | ArrayLike<number>;
}

/** Inputs unlike those that the model was made for. */
export interface OodSet {
  /** What they are. */
  readonly name: string;
  /** The inputs. */
  readonly x: Inputs;
}

/** What a posterior is judged on. */
export interface EvaluationData {
  /** Test set. */
  readonly test: LabelledSet;
  /** Test sets that were shifted or corrupted. */
  readonly shift?: ReadonlyArray<
    LabelledSet & {
      /** Kind of shift, such as the name of a corruption. */
      readonly name: string;
      /** How strong the shift is, to tell sets of one name apart. Default: none. */
      readonly level?: number;
    }
  >;
  /** Foreign inputs, without labels. */
  readonly ood?: OodSet | readonly OodSet[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Name of the model in tables and plots. Default 'model'. */
  readonly name?: string;
  /** Bins of calibration error, reliability diagram and confidence histogram. Default 15. */
  readonly bins?: number;
  /** What tells foreign inputs apart. Default 'entropy'. */
  readonly oodScore?: OodScore;
  /** How many of the most and least certain examples to name. Default 12. */
  readonly extremes?: number;
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
 * 90% and 95% intervals, the parts of the variance. Log-likelihoods come from the predictive's own log-density, not
 * from rounded probabilities; mixtures are never replaced by one Gaussian. A label of -100 is ignored. Of several
 * regression outputs, the log-likelihood is that of an example's outputs together and the other scores are means.
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
  const {name = 'model', bins = 15, extremes = 12, oodScore = 'entropy'} = options;
  const plan = planSets(data, options);
  const {likelihood} = posterior;
  return withTargets(data.test.y, (y) =>
    predict(posterior, data.test.x, 'test', options, async (predictive): Promise<Evaluation> => {
      if (isClassPredictive(predictive)) {
        const reader = classReader(likelihood, {bins, extremes, oodScore});
        const test = await reader.labelled(predictive, y);
        const classes = test.probs.shape[1];
        return {kind: 'classification', name, classes, ...(await judge(posterior, plan, reader, test, options))};
      }
      const reader = numberReader({extremes, oodScore});
      const test = await reader.labelled(predictive, y);
      return {kind: 'regression', name, ...(await judge(posterior, plan, reader, test, options))};
    }),
  );
}

interface Plan {
  readonly shift: NonNullable<EvaluationData['shift']>;
  readonly ood: readonly OodSet[];
  readonly done: (name: string) => void;
}

function planSets({test, shift = [], ood = []}: EvaluationData, {samples, onProgress}: EvaluateOptions): Plan {
  if (samples !== undefined && !(Number.isInteger(samples) && samples >= 1)) {
    throw new ConfigError(
      `evaluate: expected samples to be a whole number above 0, got ${samples}. Leave it out for the posterior's own.`,
    );
  }
  const foreign: readonly OodSet[] = 'x' in ood ? [ood] : ood;
  const shifted = shift.map(({name, level}) => (level === undefined ? name : `${name} ${level}`));
  checkNotEmpty('the test set', test.x);
  for (const [i, {x}] of shift.entries()) checkNotEmpty(`the shifted set '${shifted[i]}'`, x);
  for (const {name, x} of foreign) checkNotEmpty(`the ood set '${name}'`, x);
  const keys = [...shifted, ...foreign.map(({name}) => name)];
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) {
    throw new ConfigError(
      `evaluate: expected shift and ood sets with distinct names or levels, got '${twice}' twice. Rename one.`,
    );
  }
  let count = 0;
  return {shift, ood: foreign, done: (name) => onProgress?.(++count, 1 + keys.length, name)};
}

function checkNotEmpty(what: string, x: Inputs): void {
  if (countInputs(x, 'evaluate') > 0) return;
  throw new DataError(`evaluate: expected at least one example in ${what}, got none. Give every set some inputs.`);
}

async function judge<Labelled extends Plain, Plain, Test, Scores>(
  posterior: Posterior,
  {shift, ood, done}: Plan,
  reader: SetReader<Labelled, Plain, Test, Scores>,
  test: Labelled,
  options: EvaluateOptions,
): Promise<{test: Test; shifts: Array<ShiftResult<Scores>>; ood: OodResult[]}> {
  const result = reader.test(test);
  done('test');
  const shifts: Array<ShiftResult<Scores>> = [];
  for (const {name, level, x, y: targets} of shift) {
    const labelled = await withTargets(targets, (y) =>
      predict(posterior, x, `shift ${name} ${level}`, options, (predictive) => reader.labelled(predictive, y)),
    );
    const count = reader.count(labelled);
    shifts.push({name, ...(level === undefined ? {} : {level}), count, scores: reader.scores(labelled)});
    done(name);
  }
  const results: OodResult[] = [];
  const testScores = ood.length === 0 ? [] : reader.foreignness(test);
  for (const {name, x} of ood) {
    const plain = await predict(posterior, x, `ood ${name}`, options, reader.plain);
    results.push(oodResult(name, options.oodScore ?? 'entropy', testScores, reader.foreignness(plain)));
    done(name);
  }
  return {test: result, shifts, ood: results};
}

async function predict<T>(
  posterior: Posterior,
  x: Inputs,
  tag: string,
  {samples, batchSize, rng}: EvaluateOptions,
  read: (predictive: Predictive) => Promise<T>,
): Promise<T> {
  const predictive = await posterior.predict(x, {
    ...(samples === undefined ? {} : {samples}),
    ...(batchSize === undefined ? {} : {batchSize}),
    ...(rng === undefined ? {} : {rng: rng.fork(tag)}),
  });
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
