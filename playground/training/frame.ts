import * as tf from '@tensorflow/tfjs-core';
import type {Posterior, Predictive} from 'tfjs-bayes';
import {
  accuracy,
  calibrationError,
  intervalCalibrationCurve,
  levelCalibrationError,
  negativeLogLikelihood,
  reliabilityCurve,
  rootMeanSquaredError,
} from 'tfjs-bayes/metrics';
import {type ClassView, CURVE_POINTS, MAP_CELLS, type NumberView, type Scores} from '../messages.ts';
import {EXTENT} from '../points.ts';
import {inputsOf, type Problem} from './problem.ts';

/** The inputs that are shown: the cells of the plane, or the points of a line. */
export function shownInputs(task: Problem['task']): tf.Tensor2D {
  const centre = (i: number, count: number): number => EXTENT * ((2 * i + 1) / count - 1);
  if (task === 'numbers') {
    return inputsOf(
      task,
      Array.from({length: CURVE_POINTS}, (_, i) => ({x: centre(i, CURVE_POINTS), y: 0})),
    );
  }
  const cells = Array.from({length: MAP_CELLS ** 2}, (_, i) => ({
    x: centre(i % MAP_CELLS, MAP_CELLS),
    y: -centre(Math.floor(i / MAP_CELLS), MAP_CELLS),
  }));
  return inputsOf(task, cells);
}

/** Predicts what is shown. */
export async function predictView(
  posterior: Posterior,
  inputs: tf.Tensor2D,
  samples: number,
): Promise<ClassView | NumberView> {
  const predictive = await posterior.predict(inputs, {samples, batchSize: inputs.shape[0]});
  try {
    if (predictive.kind === 'categorical') {
      const {probs, entropy} = await predictive.toArrays();
      const {epistemic, aleatoric} = entropy;
      return {kind: 'classes', classes: probs.shape[1], probs: probs.data, epistemic, aleatoric};
    }
    const {mean, epistemicVariance, aleatoricVariance, variance} = await numbersOf(predictive).toArrays();
    const deviation = ({data}: {data: Float32Array}): Float32Array => data.map(Math.sqrt);
    return {
      kind: 'numbers',
      mean: mean.data,
      epistemic: deviation(epistemicVariance),
      aleatoric: deviation(aleatoricVariance),
      total: deviation(variance),
    };
  } finally {
    predictive.dispose();
  }
}

const BINS = 10;
const LEVELS = Array.from({length: 9}, (_, i) => (i + 1) / 10);

/** Judges a posterior on the points that were held out. */
export async function score(posterior: Posterior, {task, test}: Problem, samples: number): Promise<Scores | undefined> {
  if (test.length === 0) return undefined;
  const inputs = inputsOf(task, test);
  const predictive = await posterior.predict(inputs, {samples, batchSize: test.length});
  try {
    return predictive.kind === 'categorical'
      ? scoreClasses(
          (await predictive.toArrays()).probs,
          test.map(({label}) => label),
        )
      : await scoreNumbers(
          numbersOf(predictive),
          test.map(({y}) => y),
        );
  } finally {
    tf.dispose(inputs);
    predictive.dispose();
  }
}

function scoreClasses(probs: {data: Float32Array; shape: readonly [number, number]}, labels: number[]): Scores {
  const {count, confidence, accuracy: observed} = reliabilityCurve(probs, labels, {bins: BINS});
  const bins = Array.from(count, (n, b) => ({
    expected: confidence[b] ?? 0,
    observed: observed[b] ?? 0,
    share: n / labels.length,
  }));
  return {
    points: labels.length,
    nll: negativeLogLikelihood(probs, labels),
    ece: calibrationError(probs, labels, {bins: BINS}),
    error: accuracy(probs, labels),
    reliability: bins.filter(({share}) => share > 0),
  };
}

type NumberPredictive = Extract<Predictive, {kind: 'gaussian' | 'mixture' | 'student-t'}>;

async function scoreNumbers(predictive: NumberPredictive, targets: number[]): Promise<Scores> {
  const y = tf.tensor2d(targets, [targets.length, 1]);
  const [logProb, cdf] = [predictive.logProb(y), await predictive.cdf(y)];
  const [logs, pit, {mean}] = await Promise.all([logProb.data(), cdf.data(), predictive.toArrays()]);
  tf.dispose([y, logProb, cdf]);
  const curve = intervalCalibrationCurve(
    pit.map((p) => Math.min(1, Math.max(0, p))),
    {levels: LEVELS},
  );
  return {
    points: targets.length,
    nll: -Array.from(logs, Number).reduce((sum, log) => sum + log, 0) / targets.length,
    ece: levelCalibrationError(curve),
    error: rootMeanSquaredError(targets, mean.data),
    reliability: Array.from(curve.expected, (expected, i) => ({
      expected,
      observed: curve.observed[i] ?? 0,
      share: 1 / LEVELS.length,
    })),
  };
}

function numbersOf(predictive: Predictive): NumberPredictive {
  if (predictive.kind === 'gaussian' || predictive.kind === 'mixture' || predictive.kind === 'student-t') {
    return predictive;
  }
  throw new Error(`A prediction of kind ${predictive.kind} has no place here.`);
}
