import {nuts} from '../../inference/index.ts';
import type {Evaluated} from '../../inference/mcmc/target.ts';
import {scalarChains} from '../../src/diagnostics/draws.ts';
import {bulkEss, rHat} from '../../src/diagnostics/index.ts';
import {createRng} from '../../src/random/index.ts';

/** Posterior moments of mu, sigma and xi. */
export interface Moments {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** Moments by a sampler, and how well they are known. */
export interface SampledMoments extends Moments {
  /** The smallest bulk effective sample size of the three. */
  readonly ess: number;
  readonly rHat: number;
}

/** Where the shape's map to the real numbers ends: xi = -0.6 + 1.2 / (1 + e^-b). */
const [LOW, WIDTH] = [-0.6, 1.2];

/**
 * The posterior of a data set in plain float64 numbers, written out by hand at (mu, log sigma, logit of xi): it shares neither
 * the density nor the arithmetic with what it is to judge.
 */
export function gevPosterior(data: ArrayLike<number>): (point: Float64Array) => Evaluated {
  return (point) => {
    const [mu, logSigma, b] = point as unknown as [number, number, number];
    const sigma = Math.exp(logSigma);
    const share = 1 / (1 + Math.exp(-b));
    const xi = LOW + WIDTH * share;
    let logDensity = 0;
    let [toMu, toSigma, toXi] = [0, 0, 0];
    for (let i = 0; i < data.length; i++) {
      const z = ((data[i] as number) - mu) / sigma;
      const t = 1 + xi * z;
      if (!(t > 0)) return {logDensity: -Infinity, gradient: new Float64Array(3)};
      const small = Math.abs(xi * z) < 1e-4;
      const reduced = small ? z - (xi * z * z) / 2 + (xi * xi * z ** 3) / 3 : Math.log(t) / xi;
      const reducedXi = small ? -(z * z) / 2 + (2 * xi * z ** 3) / 3 : (z / t - reduced) / xi;
      const rate = Math.exp(-reduced);
      logDensity -= logSigma + (1 + xi) * reduced + rate;
      const slope = rate - 1 - xi;
      toMu -= slope / t / sigma;
      toSigma -= 1 + (slope / t) * z;
      toXi += slope * reducedXi - reduced;
    }
    logDensity -= (mu - 3.8) ** 2 / 0.08 + sigma ** 2 / 0.18 + xi ** 2 / 0.08;
    logDensity += logSigma + Math.log(share) + Math.log1p(-share);
    return {
      logDensity,
      gradient: Float64Array.of(
        toMu - (mu - 3.8) / 0.04,
        toSigma + 1 - sigma ** 2 / 0.09,
        (toXi - xi / 0.04) * WIDTH * share * (1 - share) + 1 - 2 * share,
      ),
    };
  };
}

/** Points to start chains at, in (mu, log sigma, logit of xi): the shape near 0, where every data set has a density. */
export function startingPoints(data: ArrayLike<number>, chains: number): Float64Array[] {
  const sorted = Float64Array.from(data).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number;
  const scale = Math.log(Math.max((at(0.75) - at(0.25)) / 1.57, 1e-4));
  return Array.from({length: chains}, (_, c) =>
    Float64Array.of(at(0.37) + 0.1 * Math.exp(scale) * Math.sin(c), scale + 0.2 * Math.cos(c), 0.02 * Math.sin(2 * c)),
  );
}

/** The reference: a long run of NUTS on the density written by hand. */
export async function referenceMoments(data: ArrayLike<number>, index: number): Promise<SampledMoments> {
  const evaluateAt = gevPosterior(data);
  const {unconstrained} = await nuts(
    {dimension: 3, logDensity: unasked, evaluate: async (points) => points.map(evaluateAt)},
    {
      chains: 8,
      warmup: 400,
      draws: 1500,
      targetAcceptance: 0.9,
      initial: startingPoints(data, 8),
      rng: createRng(`reference ${index}`),
    },
  );
  const [mu, logSigma, b] = [...scalarChains(unconstrained).values()] as [
    Float64Array[],
    Float64Array[],
    Float64Array[],
  ];
  return momentsOf([
    mu,
    logSigma.map((chain) => chain.map(Math.exp)),
    b.map((chain) => chain.map((value) => LOW + WIDTH / (1 + Math.exp(-value)))),
  ]);
}

/** Moments and diagnostics of chains of mu, sigma and xi. */
export function momentsOf(parameters: readonly Float64Array[][]): SampledMoments {
  const each = parameters.map((chains) => {
    const values = chains.flatMap((chain) => [...chain]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return {mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))};
  });
  return {
    mean: each.map(({mean}) => mean),
    sd: each.map(({sd}) => sd),
    ess: Math.min(...parameters.map(bulkEss)),
    rHat: Math.max(...parameters.map(rHat)),
  };
}

function unasked(): never {
  throw new Error('referenceMoments: expected the density written by hand to be evaluated.');
}
