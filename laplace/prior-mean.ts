import {ConfigError} from '../src/errors.ts';

/** Means of the prior as they are given: one for all weights, or one for each weight that has a posterior. */
export type PriorMean = number | ArrayLike<number>;

/** Prior means of our own, which nobody can change; throws `ConfigError` unless all are finite. */
export function ownPriorMean(mean: PriorMean): number | readonly number[] {
  const own = typeof mean === 'number' ? mean : Object.freeze(Array.from(mean));
  const wrong = [own].flat().find((value) => !Number.isFinite(value));
  if (wrong === undefined) return own;
  throw new ConfigError(`laplace: expected a finite priorMean, or a list of finite ones, got ${wrong}.`);
}

/** Throws `ConfigError` unless there is one mean, or one for each weight of these tensors. */
export function checkPriorMean(
  mean: number | readonly number[],
  tensors: readonly {readonly size: number}[],
  caller: string,
): void {
  const weights = tensors.reduce((sum, {size}) => sum + size, 0);
  if (typeof mean === 'number' || mean.length === weights) return;
  throw new ConfigError(
    `${caller}: expected priorMean to be a number or ${weights} (one for each weight), got ${mean.length}. ` +
      'Give the means in the order of the flat vector of the weights that have a posterior.',
  );
}

/** The mean of weight i of the flat vector. */
export function meanAt(mean: number | readonly number[], i: number): number {
  return typeof mean === 'number' ? mean : (mean[i] as number);
}
