import {scalarChains} from '../../src/diagnostics/draws.ts';
import type {Draws} from '../../src/diagnostics/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import {warn} from '../../src/warn.ts';
import type {VariationalTarget} from './target.ts';

/** Draws of the prior that its standard deviations are taken from. */
const PRIOR_DRAWS = 2000;

/** How much narrower q is than the prior in one column of theta. */
export interface PriorContraction {
  /** The column's name: of its parameter, and where that has several columns which, `'beta[0]'`. */
  readonly name: string;
  /** Standard deviation of q in unconstrained space. */
  readonly sd: number;
  /** Standard deviation of the prior there. */
  readonly priorSd: number;
  /** `sd / priorSd`: near 1, the data taught nothing about this column, or the fit has collapsed to the prior. */
  readonly ratio: number;
}

/**
 * Compares the draws of q with those of the model's prior; nothing where the model cannot sample its prior (flat ones). Warns where
 * q is as wide as the prior in every column.
 */
export async function priorContraction(
  target: VariationalTarget,
  draws: Draws,
  rng: Rng,
): Promise<readonly PriorContraction[] | undefined> {
  const prior = await priorDraws(target, rng);
  if (prior === undefined) return undefined;
  const names = columnNames(target);
  const [sds, priorSds] = [draws, prior].map((each) => [...scalarChains(each).values()].map(([chain]) => sdOf(chain)));
  const table = names.map((name, i) => {
    const [sd, priorSd] = [sds?.[i] as number, priorSds?.[i] as number];
    return {name, sd, priorSd, ratio: sd / priorSd};
  });
  if (table.every(({ratio}) => Math.abs(ratio - 1) < 0.05)) {
    warn(
      'fitVariational: q is as wide as the prior in every column. Either the data say nothing about the parameters, or the fit has ' +
        'collapsed to the prior: take more steps, or look at the likelihood.',
    );
  }
  return table;
}

async function priorDraws(target: VariationalTarget, rng: Rng): Promise<Draws | undefined> {
  try {
    const theta = target.samplePrior?.(rng, PRIOR_DRAWS);
    if (theta === undefined) return undefined;
    const values = Float64Array.from(await theta.data());
    theta.dispose();
    return {chains: 1, draws: PRIOR_DRAWS, parameters: {theta: {shape: [target.dimension], values}}};
  } catch (error) {
    if (error instanceof ConfigError) return undefined; // a flat prior has no draws
    throw error;
  }
}

function columnNames({parameters, dimension}: VariationalTarget): string[] {
  if (parameters === undefined) return Array.from({length: dimension}, (_, i) => `theta[${i}]`);
  return parameters.flatMap(({name, shape, size}) =>
    shape.length === 0 ? [name] : Array.from({length: size}, (_, i) => `${name}[${i}]`),
  );
}

function sdOf(values: Float64Array | undefined): number {
  const given = values ?? new Float64Array(0);
  const mean = given.reduce((sum, value) => sum + value, 0) / given.length;
  return Math.sqrt(given.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (given.length - 1));
}
