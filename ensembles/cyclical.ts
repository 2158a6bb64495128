import {ConfigError} from '../src/errors.ts';
import {checkCount, checkPositive} from './checks.ts';

/** A number for every step of training, counted from 0. */
export type Schedule = (step: number) => number;

/** Options of {@link cyclical}. */
export interface CyclicalOptions {
  /** Learning rate at the start of each cycle. */
  readonly learningRate: number;
  /** Steps in a cycle. */
  readonly cycleSteps: number;
  /** Part of each cycle, at its end, in which noise is added. Default 0.1, five epochs of fifty as in the paper. */
  readonly samplingPart?: number;
  /** Temperature while sampling. Default 1, the posterior. */
  readonly temperature?: number;
}

/** Schedules for cyclical sampling. */
export interface CyclicalSchedule {
  /** The learning rate of each step. */
  readonly learningRate: Schedule;
  /** The temperature of each step: 0 while exploring. */
  readonly temperature: Schedule;
}

/**
 * Schedules for cyclical stochastic-gradient MCMC (Zhang et al., 2020), for `sgld` and `sghmc`: large steps without noise find
 * another mode in each cycle, small ones with noise sample it.
 *
 *     learningRate(t) = learningRate / 2 (cos(pi mod(t, C) / C) + 1),   temperature(t) = 0 until the last samplingPart of C
 *
 * @throws ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import {cyclical} from 'tfjs-bayes/ensembles';
 * const cycle = cyclical({learningRate: 0.1, cycleSteps: 100, samplingPart: 0.2});
 * console.log(cycle.learningRate(0), cycle.learningRate(50), cycle.learningRate(100));  // 0.1, 0.05 (rounded), 0.1
 * console.log(cycle.temperature(79), cycle.temperature(80));                            // 0 1
 * ```
 */
export function cyclical({
  learningRate,
  cycleSteps,
  samplingPart = 0.1,
  temperature = 1,
}: CyclicalOptions): CyclicalSchedule {
  checkPositive(learningRate, 'learningRate', 'cyclical');
  checkCount(cycleSteps, 'cycleSteps', 1, 'cyclical');
  checkPositive(temperature, 'temperature', 'cyclical');
  if (!(samplingPart > 0 && samplingPart <= 1)) {
    throw new ConfigError(`cyclical: expected samplingPart above 0 and up to 1, got ${samplingPart}. Try 0.1.`);
  }
  const exploring = cycleSteps - Math.max(1, Math.round(samplingPart * cycleSteps));
  return {
    learningRate: (step) => learningRate * cosineCycle(step, cycleSteps),
    temperature: (step) => (step % cycleSteps < exploring ? 0 : temperature),
  };
}

/** From 1 at the start of each cycle towards 0 at its end. */
export function cosineCycle(step: number, cycleSteps: number): number {
  return 0.5 * (Math.cos((Math.PI * (step % cycleSteps)) / cycleSteps) + 1);
}
