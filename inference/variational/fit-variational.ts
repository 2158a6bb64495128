import * as tf from '@tensorflow/tfjs-core';
import type {Draws} from '../../src/diagnostics/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {warn} from '../../src/warn.ts';
import {checkCount, checkDimensions, checkPositive} from './checks.ts';
import {type Estimator, estimate} from './estimators.ts';
import type {VariationalFamily} from './family.ts';
import {type ImportanceOptions, type ImportanceSample, importanceSample, namedDraws} from './importance.ts';
import {type PriorContraction, priorContraction} from './prior-contraction.ts';
import {hasStopped, type StoppingRule} from './stopping.ts';
import type {VariationalTarget} from './target.ts';
import {readState, type VariationalState, writeState} from './variational-state.ts';
import {takeStep} from './variational-step.ts';

/** Where a fit stands. */
export interface VariationalProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Mean bound since the last reading, in nats; NaN where no step since then was taken. */
  readonly bound: number;
  /** The state to resume from; call it before the callback returns, for the fit then goes on. */
  state(): Promise<VariationalState>;
}

/** Options of {@link fitVariational}. */
export interface FitVariationalOptions<Data = unknown> {
  /** The densities to choose from; trained in place, and the caller's to dispose. */
  readonly family: VariationalFamily;
  /** What is optimized, and how its gradient is estimated. Default `'reparameterized'`. */
  readonly estimator?: Estimator;
  /** Draws of q for each step: more of them cost little in one tensor pass. Default 16. */
  readonly samples?: number;
  /** How many steps. Default 2000. */
  readonly steps?: number;
  /** The step of Adam, or a function of the step from 0 on. Default: falls from the family's own as a half cosine to 0. */
  readonly learningRate?: number | ((step: number) => number);
  /**
   * The longest gradient over all variables; longer ones are shortened to it, so that the first, far from the posterior, do not
   * govern the steps of Adam for long. Default 30, for variables in units of q.
   */
  readonly clipNorm?: number;
  /**
   * Ends the fit when the bound has stopped changing; default never. Beside it pass a constant `learningRate`, for the default one is
   * not small before the last of `steps`.
   */
  readonly stop?: StoppingRule;
  /** The minibatch of a step, disposed after it, for targets that take data; see {@link minibatches}. */
  readonly data?: (step: number) => Data | Promise<Data>;
  /**
   * The draws that judge the result; `false` for none, the default with minibatches, whose target lacks all data, and for families
   * whose `exactDensity` is false, whose weights mean nothing.
   */
  readonly importance?: ImportanceOptions | false;
  /** The random stream; only forked. Default `createRng(0)`. */
  readonly rng?: Rng;
  /** Called at every reading; a promise is waited for. */
  readonly onProgress?: (progress: VariationalProgress) => void | Promise<void>;
  /** Steps from one reading of the bound to the next. Default 50. */
  readonly every?: number;
  /**
   * A state to go on from; the family and all other options as they were, but for more `steps` if need be. With more steps, pass a
   * `learningRate` of your own: the default one falls to 0 at the last of `steps`, so it would jump up again, and the fit would not
   * equal one of that many steps.
   */
  readonly resume?: VariationalState;
}

/** What {@link fitVariational} returns. */
export interface VariationalFit {
  /** The bound at each step, in nats, as noisy as `samples` draws; NaN for a step without a finite bound and gradient, which was left out. */
  readonly bounds: Float64Array;
  /** Whether `stop` ended it. */
  readonly stopped: boolean;
  /** Draws and what they say of the fit: k-hat, the bound with its error, the evidence, corrected expectations. */
  readonly importance?: ImportanceSample;
  /** How much narrower than the prior q is, column by column, where the model samples its prior. */
  readonly contraction?: readonly PriorContraction[];
  /** The state to go on from: the same call with it as `resume`, more `steps` and a `learningRate` of your own. */
  readonly state: VariationalState;
  /** Fresh draws of q by parameter, uncorrected; default stream a fork of the fit's `rng`, used up from where it is. */
  draws(count: number, rng?: Rng): Promise<Draws>;
}

/**
 * Fits a family of densities to a model by stochastic gradient steps on a bound of the evidence.
 *
 *     E_q[log p(theta, data) - log q(theta)] <= log p(data)
 *
 * Afterwards draws of q are weighed by the model: above the threshold k-hat (`importance.shape`) says that the family cannot show the
 * posterior, or that there were too few steps, and warns. Every step draws from a stream of its own, so that a resumed fit equals
 * one that was never stopped.
 *
 * @param target a model, or a log density with its number of columns.
 * @param options the family, and how to fit.
 *
 * @throws ConfigError if counts or rates are not positive, the family has another dimension than the target, the estimator does
 * not work with the family, or no step has a finite bound and gradient: none since a reading, and none of the last 20.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {createModel, fitVariational, meanField, normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const y = tf.tensor1d([1.2, 0.7, 1.9]);
 * const model = createModel({
 *   parameters: {mu: normal(0, 10)},
 *   observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: y}}),
 * });
 * const family = meanField(model);
 * const {importance} = await fitVariational(model, {family, steps: 300});
 * console.log(importance?.corrected());   // {mu: {mean: 1.26, sd: 0.58}}
 * family.dispose();
 * y.dispose();
 * ```
 */
export async function fitVariational<Data>(
  target: VariationalTarget<Data>,
  options: FitVariationalOptions<Data>,
): Promise<VariationalFit> {
  const {family, estimator = 'reparameterized', samples = 16, steps = 2000, clipNorm = 30, stop, data} = options;
  const {rng = createRng(0), every = 50, onProgress} = options;
  check(target, options);
  const rate = rateOf(options.learningRate, {peak: family.learningRate, steps});
  const optimizer = tf.train.adam();
  const pending: tf.Scalar[] = [];
  try {
    const bounds = options.resume ? await writeState(family, optimizer, options.resume) : [];
    let stopped = hasEnded(bounds, every, stop);
    while (bounds.length < steps && !stopped) {
      const step = bounds.length + pending.length;
      (optimizer as unknown as {learningRate: number}).learningRate = rate(step);
      const batch = await data?.(step);
      const density = (theta: tf.Tensor2D) => target.logDensity(theta, batch);
      const drawn = () => ({family, draws: family.draw(rng.fork(step), samples)});
      try {
        const how = {optimizer, variables: family.variables, clipNorm};
        pending.push(takeStep(() => estimate(estimator, density, drawn()), how));
      } finally {
        tf.dispose(batch as tf.TensorContainer);
      }
      await family.frame?.settle();
      if ((step + 1) % every !== 0 && step + 1 < steps) continue;
      bounds.push(...(await readAll(pending, bounds)));
      const bound = readings(bounds, every).at(-1) as number;
      let reading: Promise<VariationalState> | undefined;
      const state = () => {
        reading ??= readState(family, optimizer, bounds);
        return reading;
      };
      await onProgress?.({step: bounds.length, steps, bound, state});
      await reading; // the next step would change what is being read
      stopped = hasEnded(bounds, every, stop);
    }
    const state = await readState(family, optimizer, bounds);
    const found = await judge(target as VariationalTarget, options as FitVariationalOptions);
    const own = rng.fork('draws');
    const draws = (count: number, stream = own) => drawNamed(target as VariationalTarget, {family, count, rng: stream});
    return {bounds: Float64Array.from(bounds), stopped, state, draws, ...found};
  } finally {
    tf.dispose(pending);
    optimizer.dispose();
  }
}

/** Weighs draws of the fitted family, and warns where they cannot be trusted. */
async function judge(
  target: VariationalTarget,
  {family, importance, data, rng = createRng(0)}: FitVariationalOptions,
): Promise<Pick<VariationalFit, 'importance' | 'contraction'>> {
  const meaningless = data !== undefined || family.exactDensity === false;
  if (importance === false || (importance === undefined && meaningless)) return {};
  const sample = await importanceSample(target, family, {rng: rng.fork('importance'), ...importance});
  if (sample.shape > sample.threshold) {
    warn(
      `fitVariational: k-hat is ${sample.shape.toFixed(2)}, above ${sample.threshold.toFixed(2)}: ${family.name} does not cover the ` +
        'posterior, so that neither its draws nor their weights can be trusted. Take a richer family, more steps, or MCMC.',
    );
  }
  const contraction = await priorContraction(target, sample.unconstrained, rng.fork('prior'));
  return {importance: sample, ...(contraction && {contraction})};
}

async function drawNamed(
  target: VariationalTarget,
  {family, count, rng}: {family: VariationalFamily; count: number; rng: Rng},
): Promise<Draws> {
  checkCount('fit.draws', 'count', count);
  const theta = tf.tidy(() => family.draw(rng, count).theta);
  const values = Float64Array.from(await theta.data());
  theta.dispose();
  return (await namedDraws(target, values)).draws;
}

/** The bounds of the last steps, which are disposed and taken out of the list, after those `before`. */
async function readAll(scalars: tf.Scalar[], before: readonly number[]): Promise<number[]> {
  const taken = scalars.splice(0);
  const stacked = tf.stack(taken);
  tf.dispose(taken);
  const values = Array.from(await stacked.data());
  stacked.dispose();
  const recent = [...before, ...values].slice(-Math.max(20, values.length));
  if (recent.length < 20 || recent.some(Number.isFinite)) return values;
  throw new ConfigError(
    `fitVariational: expected a finite bound and gradient, got none in ${recent.length} steps. Look at the log density at ` +
      'draws of the family: start it elsewhere (`mean`, `scale`), or lower `learningRate`.',
  );
}

/** The mean bound between one reading and the next, steps without a gradient left out. */
function readings(bounds: readonly number[], every: number): number[] {
  return Array.from({length: Math.ceil(bounds.length / every)}, (_, i) => {
    const finite = bounds.slice(i * every, (i + 1) * every).filter(Number.isFinite);
    return finite.reduce((sum, bound) => sum + bound, 0) / finite.length;
  });
}

function hasEnded(bounds: readonly number[], every: number, stop: StoppingRule | undefined): boolean {
  return stop !== undefined && hasStopped(readings(bounds, every), stop);
}

function rateOf(
  given: FitVariationalOptions['learningRate'],
  {peak, steps}: {peak: number; steps: number},
): (step: number) => number {
  if (typeof given === 'number') return () => given;
  return given ?? ((step) => (peak * (1 + Math.cos((Math.PI * step) / steps))) / 2);
}

function check<Data>(target: {dimension: number}, options: FitVariationalOptions<Data>): void {
  const {family, estimator, samples = 16, steps = 2000, every = 50, learningRate, clipNorm, importance} = options;
  const {draws = 1, pointsPerPass = 1} = importance || {};
  checkCount('fitVariational', 'samples', samples, estimator === 'score-function' ? 2 : 1);
  checkCount('fitVariational', 'steps', steps);
  checkCount('fitVariational', 'every', every);
  checkCount('fitVariational', 'importance.draws', draws);
  checkCount('fitVariational', 'importance.pointsPerPass', pointsPerPass);
  if (typeof learningRate === 'number') checkPositive('fitVariational', 'learningRate', learningRate);
  if (clipNorm !== undefined) checkPositive('fitVariational', 'clipNorm', clipNorm);
  checkDimensions('fitVariational', family, target);
}
