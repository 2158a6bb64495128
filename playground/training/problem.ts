import * as tf from '@tensorflow/tfjs-core';
import {categorical, createRng, gaussian, heteroscedasticGaussian, type Likelihood, type Rng} from 'tfjs-bayes';
import {DATA, type Split, type Task} from '../data.ts';
import {settingValue} from '../numbers.ts';
import type {Point} from '../points.ts';
import type {Settings} from '../settings.ts';

/** What is to be learnt, as tensors. */
export interface Problem {
  readonly task: Task;
  readonly settings: Settings;
  readonly rng: Rng;
  /** Inputs [N, 2] or [N, 1]. */
  readonly x: tf.Tensor2D;
  /** One-hot labels [N, K], or targets [N, 1]. */
  readonly y: tf.Tensor2D;
  readonly trainSize: number;
  readonly test: readonly Point[];
  /** Outputs of a net: classes, or numbers that say mean and noise. */
  readonly outputs: number;
  readonly likelihood: Likelihood;
  /** Precision of the Gaussian prior of each weight. */
  readonly priorPrecision: number;
  dispose(): void;
}

/** Takes data up, or says what is missing. */
export function createProblem(settings: Settings, {train, test}: Split): Problem {
  const {task} = DATA[settings.data];
  const classes = Math.max(2, ...[...train, ...test].map(({label}) => label + 1));
  if (train.length < 4) throw new Error('Draw at least four points to learn from.');
  const learned = settings.noiseModel === 'learned';
  const x = inputsOf(task, train);
  const y = task === 'classes' ? oneHot(train, classes) : tf.tensor2d(train.map((point) => [point.y]));
  return {
    task,
    settings,
    rng: createRng(settings.numbers.seed),
    x,
    y,
    trainSize: train.length,
    test,
    outputs: task === 'classes' ? classes : learned ? 2 : 1,
    likelihood:
      task === 'classes'
        ? categorical()
        : learned
          ? heteroscedasticGaussian()
          : gaussian({noiseScale: settings.numbers.assumed}),
    priorPrecision: settingValue('prior', settings.numbers.prior),
    dispose: () => tf.dispose([x, y]),
  };
}

/** The inputs of points: both coordinates, or the first. */
export function inputsOf(task: Task, points: readonly {readonly x: number; readonly y: number}[]): tf.Tensor2D {
  return tf.tensor2d(points.map((point) => (task === 'classes' ? [point.x, point.y] : [point.x])));
}

function oneHot(points: readonly Point[], classes: number): tf.Tensor2D {
  return tf.tensor2d(points.map(({label}) => Array.from({length: classes}, (_, k) => (k === label ? 1 : 0))));
}
