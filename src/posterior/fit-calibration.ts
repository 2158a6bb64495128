import * as tf from '@tensorflow/tfjs-core';
import {
  type ClassCalibrationMethod,
  fitClassCalibration,
  fitRegressionCalibration,
  type RegressionCalibrationMethod,
} from '../calibration/index.ts';
import {ConfigError, DataError} from '../errors.ts';
import type {Inputs} from '../models/index.ts';
import type {BernoulliPredictive, CategoricalPredictive, Predictive} from '../predictive/index.ts';
import {alignedTargets} from '../predictive/targets.ts';
import {bestTemperature} from './best-temperature.ts';
import type {Calibration} from './calibration.ts';
import {hardLabels} from './hard-labels.ts';
import type {Posterior, PredictOptions} from './posterior.ts';
import {sketchRows} from './row-sketch.ts';
import {temperBefore} from './temper.ts';

const CALLER = 'fitCalibration';

/** Options of {@link fitCalibration}. */
export interface FitCalibrationOptions extends Omit<PredictOptions, 'keepMembers'> {
  /** Which calibration: `'temperature'` by default for classes, `'variance-scaling'` for numbers. */
  readonly method?: ClassCalibrationMethod | RegressionCalibrationMethod;
  /** Of `'temperature'`, for classes: `'before'` or `'after'` (default) the predictions of members, draws or logits are averaged. */
  readonly averaging?: 'before' | 'after';
}

/**
 * Fits a calibration of a posterior's predictions on held-out data; `calibrated(posterior, calibration)` puts it on.
 *
 * Classes: the methods of `fitClassCalibration`. Numbers: `'variance-scaling'` and, for one output, `'pit'`, of
 * `fitRegressionCalibration`. The temperature of an ensemble can act before averaging, on each member's logits, which keeps what
 * members disagree on but cannot make a wide spread of them sure, or after, on the averaged probabilities (Rahaman & Thiery 2021).
 * After averaging it is exact to the last digits; before, the minimum of the mean negative log-likelihood is found to one part in a thousand, between 0.02 and 50.
 * Where all predictions are already certain and right, any colder temperature does as well: before averaging, 0.02 is returned with a warning.
 *
 * Use other data than those that the posterior was fitted on. The calibration remembers hashes of its inputs, so that
 * `evaluate` can warn where it is judged on the same.
 *
 * @param posterior What is to be calibrated; stays the caller's.
 * @param data Held-out examples, labelled as in `fit`; labels of -100 are left out.
 * @param options See {@link FitCalibrationOptions}.
 * @throws ConfigError for a method that does not fit the predictions, averaging without temperature, or averaging for numbers.
 * @throws DataError where no example has a label, or targets are not finite.
 * @throws ShapeError where targets have another shape than the predictions.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {calibrated, fitCalibration, initBackend, loadDataset, pointEstimate} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * const {x, y, rows, features} = await loadDataset('wine');
 * const inputs = tf.tensor2d(x, [rows, features]);
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [features], activation: 'softmax'})]});
 * const posterior = pointEstimate(model);
 * const calibration = await fitCalibration(posterior, {x: inputs, y}, {method: 'isotonic'});
 * const predictive = await calibrated(posterior, calibration).predict(inputs);
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * inputs.dispose();
 * ```
 */
export async function fitCalibration(
  posterior: Posterior,
  data: {
    /** Inputs of the model. */
    readonly x: Inputs;
    /** Their labels or targets. */
    readonly y: tf.Tensor | ArrayLike<number>;
  },
  options: FitCalibrationOptions = {},
): Promise<Calibration> {
  const rows = await sketchRows(data.x, CALLER);
  const {method, averaging, ...predictOptions} = options;
  if (averaging !== undefined && (method ?? 'temperature') !== 'temperature') {
    throw new ConfigError(
      `${CALLER}: expected averaging with the method 'temperature' only, got it with '${method}'. Leave averaging out.`,
    );
  }
  const y = data.y instanceof tf.Tensor ? data.y : tf.tensor1d(Float32Array.from(data.y));
  const predictive = await posterior.predict(data.x, {...predictOptions, keepMembers: averaging === 'before'});
  try {
    if (predictive.kind !== 'categorical' && predictive.kind !== 'bernoulli') {
      if (averaging !== undefined) {
        throw new ConfigError(
          `${CALLER}: expected averaging with predictions of classes only, got it with '${predictive.kind}' predictions. Leave ` +
            'averaging out.',
        );
      }
      return {...(await fitNumbers(predictive, y, method)), rows};
    }
    if (averaging === 'before') {
      const temperature = await fitBefore(posterior, data.x, predictive, y, predictOptions);
      return {method: 'temperature', temperature, averaging: 'before', rows};
    }
    const fitted = await fitClasses(posterior, predictive, y, method);
    return {...fitted, ...(fitted.method === 'temperature' && {averaging: 'after' as const}), rows};
  } finally {
    predictive.dispose();
    if (y !== data.y) y.dispose();
  }
}

async function fitClasses(
  {likelihood}: Posterior,
  predictive: CategoricalPredictive | BernoulliPredictive,
  y: tf.Tensor,
  method: FitCalibrationOptions['method'],
) {
  if (method === 'variance-scaling' || method === 'pit') throw wrongMethod(method, predictive.kind);
  const {shape} = predictive.logProbs;
  const width = shape.at(-1) ?? 1;
  if (predictive.kind === 'bernoulli' && width !== 1) {
    throw new ConfigError(
      `${CALLER}: expected a bernoulli posterior with one output, got ${width}. Use the method 'temperature' with averaging ` +
        "'before', or calibrate each output by itself.",
    );
  }
  const prepared = await likelihood.prepareTargets(y, shape, CALLER);
  try {
    const [targets, yes, no] = await Promise.all([
      prepared.data(),
      predictive.logProbs.data(),
      predictive.kind === 'bernoulli' ? predictive.logComplements.data() : undefined,
    ]);
    const labels = hardLabels(CALLER, targets, yes.length / width, width);
    const known = Uint32Array.from(labels.keys()).filter((row) => (labels[row] as number) >= 0);
    if (known.length === 0) throw noLabels();
    const classes = no === undefined ? width : 2;
    const data = Float64Array.from({length: known.length * classes}, (_, at) => {
      const row = known[Math.floor(at / classes)] as number;
      const k = at % classes;
      const value = no === undefined ? yes[row * width + k] : (k === 1 ? yes : no)[row];
      return Math.max(-700, value as number);
    });
    return fitClassCalibration(
      {data, shape: [known.length, classes]},
      Int32Array.from(known, (row) => labels[row] as number),
      {scale: 'logits', ...(method !== undefined && {method})},
    );
  } finally {
    prepared.dispose();
  }
}

async function fitNumbers(
  predictive: Exclude<Predictive, CategoricalPredictive | BernoulliPredictive>,
  y: tf.Tensor,
  method: FitCalibrationOptions['method'],
) {
  if (method !== undefined && method !== 'variance-scaling' && method !== 'pit') {
    throw wrongMethod(method, predictive.kind);
  }
  if (predictive.kind !== 'gaussian' && predictive.kind !== 'mixture') {
    throw new ConfigError(
      `${CALLER}: expected predictions that are gaussian or a mixture of them, got '${predictive.kind}'. Use conformal prediction, ` +
        'which needs no form of distribution.',
    );
  }
  const shaped = alignedTargets(CALLER, y, predictive.mean.shape);
  const cdf = predictive.cdf(shaped);
  try {
    const [{mean, variance}, targets, pit] = await Promise.all([predictive.toArrays(), shaped.data(), cdf.data()]);
    if (method === 'pit' && mean.shape[1] !== 1) {
      throw new ConfigError(
        `${CALLER}: expected one output for the method 'pit', got ${mean.shape[1]}. Calibrate each output by itself, or use ` +
          "'variance-scaling'.",
      );
    }
    const held = {
      mean: Float64Array.from(mean.data),
      std: Float64Array.from(variance.data, Math.sqrt),
      targets: Float64Array.from(targets),
      pit: Float64Array.from(pit, (p) => Math.min(1, Math.max(0, p))),
    };
    return fitRegressionCalibration(held, method === undefined ? {} : {method});
  } finally {
    tf.dispose([shaped, cdf]);
  }
}

/** The temperature with the least mean negative log-likelihood. */
async function fitBefore(
  posterior: Posterior,
  x: Inputs,
  predictive: CategoricalPredictive | BernoulliPredictive,
  y: tf.Tensor,
  options: PredictOptions,
): Promise<number> {
  const {likelihood} = posterior;
  const prepared = await likelihood.prepareTargets(y, predictive.logProbs.shape, CALLER);
  try {
    if (!(await hasLabels(prepared, predictive.kind))) throw noLabels();
    const source = await temperBefore(posterior, x, predictive, options);
    try {
      return await bestTemperature(CALLER, async (logTemperature) => {
        const tempered = await source.at(Math.exp(logTemperature));
        const logProb = tempered.logProb(prepared);
        const values = await logProb.data();
        tf.dispose(logProb);
        tempered.dispose();
        // In float64: the differences that matter are small. Ignored labels add 0.
        let sum = 0;
        for (const value of values) sum -= value;
        return sum;
      });
    } finally {
      source.dispose();
    }
  } finally {
    prepared.dispose();
  }
}

/** Whether any label is known: classes ignore rows of zeros, yes-or-no outputs negative targets. */
async function hasLabels(prepared: tf.Tensor, kind: 'categorical' | 'bernoulli'): Promise<boolean> {
  const targets = Array.from(await prepared.data());
  return targets.some((value) => (kind === 'categorical' ? value > 0 : value >= 0));
}

function wrongMethod(method: string, kind: string): ConfigError {
  return new ConfigError(
    `${CALLER}: expected a method for '${kind}' predictions, got '${method}'. Leave it out for the default.`,
  );
}

function noLabels(): DataError {
  return new DataError(`${CALLER}: expected at least one example with a label, got none. Give some labels.`);
}
