import type * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';

/** A number, or a function from the number of updates made so far (0, 1, ...) to one. */
export type Schedule = number | ((step: number) => number);

/** How the Hessian is estimated from gradients at sampled weights. */
export type HessianEstimator = 'price' | 'squared-gradient';

/** What can differ from one variable to another. */
export interface IvonVariableOptions {
  /** Step size. */
  readonly learningRate?: Schedule;
  /** Effective sample size: the number of examples N for the posterior itself, more for a colder one. */
  readonly ess?: Schedule;
  /** Hessian of the mean loss before the first step, above 0. Default 1; 0.01 to 1 is usual, lower where h stays near it. */
  readonly hessInit?: number;
  /** Decay of the averaged gradient, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the averaged Hessian, in [0, 1]. Default 0.99999; less for few steps, such as 0.999 for small data. */
  readonly beta2?: number;
  /** Precision of the prior divided by `ess`: the prior is N(0, 1 / (ess weightDecay)). Default 1e-4. */
  readonly weightDecay?: number;
  /** Each element of the preconditioned gradient is clipped to this. Default Infinity. */
  readonly clipRadius?: number;
}

/** Options of {@link ivon}. */
export interface IvonOptions extends Omit<IvonVariableOptions, 'learningRate'> {
  /** Effective sample size: the number of training examples N for the posterior itself, more for a colder one. */
  readonly ess: Schedule;
  /** Weight samples per call of `minimize`, all on the same batch. Default 1. */
  readonly samples?: number;
  /** Calls of `minimize` per update: gradient accumulation, each call with weight samples of its own. Default 1. */
  readonly accumulate?: number;
  /**
   * `'price'` (default): Price's theorem, `h = E[gradient (w - mean)] / variance`, unbiased. `'squared-gradient'`:
   * `h = ess E[gradient^2]`, never negative, too large where the noise of minibatches dominates.
   */
  readonly hessApprox?: HessianEstimator;
  /** Divide the averaged gradient by `1 - beta1^t`, as Adam does. Default true. */
  readonly debias?: boolean;
  /** Multiply the learning rate by `hessInit + weightDecay`, so that the first steps are those of SGD. Default true. */
  readonly rescaleLearningRate?: boolean;
  /** Where the noise comes from: one call of `normals` per variable and sample, in order. Default `createRng('ivon')`. */
  readonly rng?: Rng;
  /** Options for one variable in place of the general ones; asked once per variable. Undefined or `{}` changes nothing. */
  readonly perVariable?: (variable: tf.Variable) => IvonVariableOptions | undefined;
}

/** Options of one variable with every default filled in; `learningRate` only where the variable has one of its own. */
export type VariableSettings = Required<Omit<IvonVariableOptions, 'learningRate'>> &
  Pick<IvonVariableOptions, 'learningRate'>;

const DEFAULTS = {hessInit: 1, beta1: 0.9, beta2: 0.99999, weightDecay: 1e-4, clipRadius: Number.POSITIVE_INFINITY};

/** The general options with those of one variable over them, checked. */
export function variableSettings(general: IvonOptions, own: IvonVariableOptions = {}): VariableSettings {
  const pick = <K extends keyof typeof DEFAULTS>(name: K): number => own[name] ?? general[name] ?? DEFAULTS[name];
  const {learningRate, ess = general.ess} = own;
  const [hessInit, beta1, beta2] = [pick('hessInit'), pick('beta1'), pick('beta2')];
  const [weightDecay, clipRadius] = [pick('weightDecay'), pick('clipRadius')];
  if (typeof learningRate === 'number') checkLearningRate(learningRate);
  if (typeof ess !== 'function') checkEss(ess);
  check('hessInit', hessInit, 'a finite number above 0', hessInit > 0 && Number.isFinite(hessInit));
  check('beta1', beta1, 'a number from 0 to below 1', beta1 >= 0 && beta1 < 1);
  check('beta2', beta2, 'a number from 0 to 1', beta2 >= 0 && beta2 <= 1);
  check('weightDecay', weightDecay, 'a finite number of 0 or more', weightDecay >= 0 && Number.isFinite(weightDecay));
  check('clipRadius', clipRadius, 'a number above 0', clipRadius > 0);
  return {ess, hessInit, beta1, beta2, weightDecay, clipRadius, ...(learningRate !== undefined && {learningRate})};
}

/** The learning rate at a step. */
export function learningRateAt(schedule: Schedule, step: number): number {
  return checkLearningRate(typeof schedule === 'number' ? schedule : schedule(step));
}

/** The effective sample size at a step. */
export function essAt(schedule: Schedule, step: number): number {
  return checkEss(typeof schedule === 'number' ? schedule : schedule(step));
}

/** Throws unless `value` is a whole number above 0. */
export function checkCount(name: string, value: number): number {
  check(name, value, 'a whole number above 0', Number.isInteger(value) && value > 0);
  return value;
}

/** Throws unless `value` is one of the estimators. */
export function checkEstimator(value: HessianEstimator): HessianEstimator {
  check('hessApprox', value, "'price' or 'squared-gradient'", value === 'price' || value === 'squared-gradient');
  return value;
}

function checkLearningRate(value: number): number {
  check('learningRate', value, 'a finite number of 0 or more', value >= 0 && Number.isFinite(value));
  return value;
}

function checkEss(value: number): number {
  check('ess', value, 'a finite number above 0 (the number of training examples)', value > 0 && Number.isFinite(value));
  return value;
}

function check(name: string, value: unknown, expected: string, fits: boolean): void {
  if (!fits)
    throw new ConfigError(`ivon: expected ${name} to be ${expected}, got ${String(value)}. Change the option.`);
}
