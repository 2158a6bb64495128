import {DiagCurvature} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import {warn} from '../src/warn.ts';
import type {Approximation, Assumptions} from './approximation.ts';
import {curvatureScale} from './evidence.ts';
import type {PriorShape} from './options.ts';
import {meanAt} from './prior-mean.ts';
import {maximizeSmooth} from './quasi-newton.ts';

/** What maximizes the marginal likelihood. */
export interface EmpiricalBayes {
  readonly priorPrecision: number | readonly number[];
  /** The noise in use, where it was not part of the search. */
  readonly noiseScale: number | undefined;
}

const [LOWEST, HIGHEST] = [1e-6, 1e8];

/**
 * The prior precisions, and with `noise` the noise scale, of highest marginal likelihood (MacKay 1992): for one precision by
 * search, else by quasi-Newton ascent from there; for one a weight under a diagonal curvature in closed form, the positive
 * root of d^2 + s h d - s h / (w - priorMean)^2.
 */
export function maximizeEvidence(
  approximation: Approximation,
  assumptions: Assumptions,
  {prior, noise}: {prior: PriorShape; noise: boolean},
): EmpiricalBayes {
  const {noiseScale} = assumptions;
  if (noise && approximation.fit.halfSumOfSquares === undefined) {
    throw new ConfigError(
      'laplace.tune: expected a Gaussian likelihood with noise for noise: true, got another. Leave noise out.',
    );
  }
  if (prior === 'weight') {
    if (noise) {
      throw new ConfigError("laplace.tune: expected noise: false with prior 'weight', got true. Tune the noise first.");
    }
    return {priorPrecision: bestForEachWeight(approximation, assumptions), noiseScale};
  }
  const best = approximation.bestPriorPrecision(assumptions);
  if (prior === 'scalar' && !noise) return {priorPrecision: best, noiseScale};

  const groups = groupTensors(approximation, prior);
  const at = (u: readonly number[]): Assumptions => ({
    ...assumptions,
    priorPrecision: spread(u.slice(0, groups.length).map(Math.exp), groups),
    noiseScale: noise ? Math.exp(u.at(-1) as number) : noiseScale,
  });
  const start = [...groups.map(() => Math.log(best)), ...(noise ? [Math.log(noiseScale as number)] : [])];
  const u = maximizeSmooth(
    (trial) => {
      const {value, gradient} = approximation.slopes(at(trial), groups);
      return {value, gradient: gradient.slice(0, trial.length)};
    },
    start,
    {low: Math.log(LOWEST), high: Math.log(HIGHEST)},
  );
  warnAtEdges(approximation, u.slice(0, groups.length), groups);
  const found = at(u);
  return {
    priorPrecision: prior === 'scalar' ? Math.exp(u[0] as number) : found.priorPrecision,
    noiseScale: found.noiseScale,
  };
}

function groupTensors(approximation: Approximation, prior: Exclude<PriorShape, 'weight'>): number[][] {
  const tensors = approximation.fit.curvature.layouts.map((_, i) => i);
  if (prior === 'scalar') return [tensors];
  if (prior === 'tensor') return tensors.map((i) => [i]);
  const names = approximation.fit.weights.layerNames;
  return [...new Set(names)].map((name) => tensors.filter((i) => names[i] === name));
}

function spread(values: readonly number[], groups: readonly (readonly number[])[]): number[] {
  const each: number[] = [];
  groups.forEach((group, k) => {
    for (const i of group) each[i] = values[k] as number;
  });
  return each;
}

function bestForEachWeight({fit}: Approximation, {noiseScale, temperature, priorMean}: Assumptions): number[] {
  if (!(fit.curvature instanceof DiagCurvature)) {
    throw new ConfigError(
      `laplace.tune: expected structure 'diag' for prior 'weight', got '${fit.curvature.structure}'. ` +
        "Use prior 'tensor', or structure 'diag'.",
    );
  }
  const scale = curvatureScale(fit, noiseScale, temperature);
  let next = 0;
  return fit.curvature.diagonals.flatMap((diagonal) =>
    Array.from(diagonal, (h) => {
      const curvature = scale * h;
      const deviation = (fit.values[next] as number) - meanAt(priorMean, next++);
      if (curvature <= 0) return LOWEST; // only the pull towards the prior mean is left
      const pull = curvature / deviation ** 2;
      const root = (2 * pull) / (curvature + Math.sqrt(curvature * curvature + 4 * pull));
      return Number.isFinite(root) ? Math.min(HIGHEST, Math.max(LOWEST, root)) : HIGHEST;
    }),
  );
}

function warnAtEdges({fit}: Approximation, u: readonly number[], groups: readonly (readonly number[])[]): void {
  const atEdge = groups.filter((_, k) => {
    const value = Math.exp(u[k] as number);
    return value <= LOWEST * 1.001 || value >= HIGHEST / 1.001;
  });
  if (atEdge.length === 0) return;
  const names = atEdge.flat().map((i) => fit.curvature.layouts[i]?.name);
  warn(
    `tune: the best priorPrecision of ${names.join(', ')} lies at the edge of the search, ${LOWEST} to ${HIGHEST}. ` +
      'The data say little about these weights.',
  );
}
