import type {CurvatureStructure} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import {requirePositive} from './arguments.ts';
import type {PriorPrecisions} from './structures/structure.ts';

/** Precisions of the prior as they are given: one, one for each weight tensor, or one for each weight. */
export type PriorPrecision = number | ArrayLike<number>;

/** The weights that have a posterior: what must be known of them to read prior precisions. */
export interface PriorTarget {
  /** How much of the curvature is kept. */
  readonly structure: CurvatureStructure;
  /** Each weight tensor, or the part of it that has a posterior. */
  readonly tensors: readonly {readonly name: string; readonly size: number}[];
}

/** Prior precisions of our own, which nobody can change; throws `ConfigError` unless all are positive and finite. */
export function ownPrior(prior: PriorPrecision, caller: string): number | readonly number[] {
  if (typeof prior === 'number') return requirePositive(prior, 'priorPrecision', caller);
  const given: Partial<ArrayLike<number>> | null | undefined = prior;
  if (typeof given !== 'object' || !given?.length) {
    throw new ConfigError(
      `${caller}: expected priorPrecision to be a number or a list of them, got ${JSON.stringify(prior)}.`,
    );
  }
  const own = Array.from(prior);
  for (const value of own) requirePositive(value, 'priorPrecision', caller);
  return Object.freeze(own);
}

/** One prior precision for each weight tensor, or for each scalar in it; throws `ConfigError` unless they are as many. */
export function expandPrior(
  prior: number | readonly number[],
  {structure, tensors}: PriorTarget,
  caller: string,
): PriorPrecisions {
  if (typeof prior === 'number') return tensors.map(() => prior);
  if (structure === 'ella' && prior.some((value) => value !== prior[0])) {
    throw new ConfigError(
      `${caller}: expected one priorPrecision with structure 'ella', whose kernel is that of one prior, got several. ` +
        "Use structure 'low-rank' or 'functional'.",
    );
  }
  if (prior.length === tensors.length) return [...prior];
  const total = tensors.reduce((sum, {size}) => sum + size, 0);
  const byTensor = structure !== 'full' && structure !== 'diag';
  if (prior.length !== total || byTensor) {
    const each = `${tensors.length} numbers (one for each of ${tensors.map(({name}) => name).join(', ')})`;
    throw new ConfigError(
      byTensor
        ? `${caller}: expected priorPrecision to be a number or ${each} with structure '${structure}', got ${prior.length}. ` +
            "For a prior precision of each weight use structure 'full' or 'diag'."
        : `${caller}: expected priorPrecision to be a number, ${each} or ${total} (one for each weight), got ${prior.length}.`,
    );
  }
  let offset = 0;
  return tensors.map(({size}) => Float64Array.from(prior.slice(offset, (offset += size))));
}
