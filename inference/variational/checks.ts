import {ConfigError, ShapeError} from '../../src/errors.ts';
import type {CovarianceMatrix} from './family.ts';

/** Throws unless a number is whole and at least `least`. */
export function checkCount(caller: string, name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new ConfigError(`${caller}: expected ${name} to be a whole number from ${least} on, got ${value}.`);
}

/** Throws unless a number is positive and finite. */
export function checkPositive(caller: string, name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new ConfigError(`${caller}: expected ${name} to be a positive number, got ${value}.`);
}

/** Throws unless a family has the dimension of its target. */
export function checkDimensions(caller: string, family: {dimension: number}, target: {dimension: number}): void {
  if (family.dimension === target.dimension) return;
  throw new ConfigError(
    `${caller}: expected a family of the target's ${target.dimension} dimensions, got ${family.dimension}. Make it with ` +
      '`dimension: model.dimension`.',
  );
}

/** Throws unless a covariance, where one is given, is [D, D]. */
export function checkCovariance(caller: string, dimension: number, covariance?: CovarianceMatrix): void {
  if (covariance === undefined || (covariance.rows === dimension && covariance.cols === dimension)) return;
  throw new ShapeError(
    `${caller}: expected a covariance of shape [${dimension}, ${dimension}], got [${covariance.rows}, ${covariance.cols}]. ` +
      'Leave it out for the default.',
  );
}

/** The mean given, or zeros. */
export function startingMean(caller: string, dimension: number, mean?: ArrayLike<number>): Float32Array {
  if (mean === undefined) return new Float32Array(dimension);
  const finite = Array.from(mean).every(Number.isFinite);
  if (mean.length === dimension && finite) return Float32Array.from(mean);
  const got = finite ? `${mean.length}` : 'some that are not';
  throw new ConfigError(`${caller}: expected a mean of ${dimension} finite numbers, got ${got}. Leave it out for 0.`);
}
