import type {CurvatureKind, CurvatureStructure, WeightSharing} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import {requireCount, requireOneOf} from './arguments.ts';
import type {LaplaceOptions} from './options.ts';

/** The options that single structures have, with their defaults. */
export interface StructureOptions {
  readonly rank: number;
  readonly tolerance: number;
  readonly subset: number | readonly number[];
  readonly sharing: WeightSharing;
  readonly damping: boolean;
}

/** The structures that know each option. */
const KNOWN_BY: Readonly<Record<keyof StructureOptions, readonly CurvatureStructure[]>> = {
  rank: ['low-rank', 'ella'],
  tolerance: ['low-rank'],
  subset: ['functional', 'ella'],
  sharing: ['kron'],
  damping: ['kron'],
};

/** The options of a structure; throws `ConfigError` for those of another one and for what cannot be used. */
export function resolveStructureOptions(options: LaplaceOptions, structure: CurvatureStructure): StructureOptions {
  for (const name of Object.keys(KNOWN_BY) as (keyof StructureOptions)[]) {
    if (options[name] === undefined || KNOWN_BY[name].includes(structure)) continue;
    throw new ConfigError(
      `laplace: expected no ${name} for structure '${structure}', got ${options[name]}. It is an option of ` +
        `${KNOWN_BY[name].map((known) => `'${known}'`).join(' and ')}.`,
    );
  }
  const {rank = 20, tolerance = 1e-3, subset = 100, sharing = 'expand', damping = false} = options;
  requireCount(rank, 'rank', 'laplace');
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new ConfigError(`laplace: expected tolerance from 0 to below 1, got ${tolerance}. Give for example 1e-3.`);
  }
  requireOneOf(sharing, ['expand', 'reduce'], 'sharing');
  if (typeof damping !== 'boolean') {
    throw new ConfigError(`laplace: expected damping to be true or false, got ${damping}.`);
  }
  return {rank, tolerance, subset: ownSubset(subset), sharing, damping};
}

/** Those of the options that the structure knows. */
export function ownOptions(structure: CurvatureStructure, options: StructureOptions): Partial<StructureOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => KNOWN_BY[name as keyof StructureOptions]?.includes(structure)),
  );
}

/** Throws `ConfigError` where a structure cannot be made of this curvature. */
export function checkCurvature(kind: CurvatureKind, structure: CurvatureStructure): void {
  if (kind === 'hessian' && structure !== 'full') {
    throw new ConfigError(
      `laplace: expected structure 'full' for curvature 'hessian', got '${structure}'. Set it, with few weights, or use ` +
        "curvature 'ggn'.",
    );
  }
  if (kind === 'mc-fisher' && structure === 'low-rank') {
    throw new ConfigError(
      "laplace: expected a curvature that is the same in every pass for structure 'low-rank', got 'mc-fisher'. Use " +
        "curvature 'ggn' or 'empirical-fisher'.",
    );
  }
}

function ownSubset(subset: number | ArrayLike<number>): number | readonly number[] {
  if (typeof subset === 'number') return requireCount(subset, 'subset', 'laplace');
  const own = Array.from(subset);
  const sound = own.every((index) => Number.isInteger(index) && index >= 0) && new Set(own).size === own.length;
  if (sound && own.length > 0) return Object.freeze(own);
  throw new ConfigError(
    `laplace: expected subset to be a number of examples or different indices of them from 0, got ${JSON.stringify(own)}.`,
  );
}
