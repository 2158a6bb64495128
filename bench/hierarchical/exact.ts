import {createRng} from '../../src/index.ts';
import {COLUMNS, GROUPS, type HierarchicalData, PER_GROUP, SERIES} from './model.ts';

const LOG_2PI = Math.log(2 * Math.PI);
const CELLS = 400;
/** The range of both log scales; half-normal(1) leaves 1e-6 of its mass below and 1e-8 above. */
const [LOW, HIGH] = [-14, 1.75];
const WIDTH = (HIGH - LOW) / CELLS;

/** What is known without any inference: given the two scales everything is Gaussian, and two scales are summed over on a grid. */
export interface Exact {
  readonly logEvidence: number;
  /** Independent draws of the posterior, one after another. */
  draws(count: number, seed: number): Float64Array;
}

/** The log evidence and exact draws. */
export function solveExactly(data: HierarchicalData): Exact {
  const cells = Float64Array.from({length: CELLS * CELLS}, (_, i) => {
    const [u, v] = [centre(Math.floor(i / CELLS)), centre(i % CELLS)];
    return logMarginal(data, Math.exp(u), Math.exp(v)) + logHalfNormal(u) + logHalfNormal(v);
  });
  const largest = cells.reduce((most, value) => Math.max(most, value), -Infinity);
  let total = 0;
  const cumulative = cells.map((value) => {
    total += Math.exp(value - largest);
    return total;
  });
  return {
    logEvidence: largest + Math.log(total) + 2 * Math.log(WIDTH) + data.constant,
    draws: (count, seed) => {
      const rng = createRng(seed);
      const theta = new Float64Array(count * COLUMNS);
      for (let s = 0; s < count; s++) {
        const [pick, left, right] = rng.uniforms(3) as unknown as [number, number, number];
        const cell = firstAbove(cumulative, pick * total);
        const logGamma = centre(Math.floor(cell / CELLS)) + (left - 0.5) * WIDTH;
        const logBeta = centre(cell % CELLS) + (right - 0.5) * WIDTH;
        theta.set(gaussianDraw(data, logGamma, logBeta, rng.normals(1 + GROUPS + SERIES)), s * COLUMNS);
      }
      return theta;
    },
  };
}

function centre(cell: number): number {
  return LOW + (cell + 0.5) * WIDTH;
}

/** The log density of log x where x is half-normal(1). */
function logHalfNormal(logX: number): number {
  return Math.log(2) - 0.5 * (LOG_2PI + Math.exp(2 * logX)) + logX;
}

/** log p(means | scales): differences within groups, contrasts between groups, and the grand mean are independent. */
function logMarginal({means, count}: HierarchicalData, sigmaGamma: number, sigmaBeta: number): number {
  const within = sigmaBeta ** 2 + 1 / count;
  const between = sigmaGamma ** 2 + within / PER_GROUP;
  const {groups, grand} = groupMeans(means);
  let sum = logNormal(Math.sqrt(GROUPS) * grand, GROUPS + between) - 0.5 * (GROUPS - 1) * (LOG_2PI + Math.log(between));
  groups.forEach((mean, i) => {
    const difference = (means[PER_GROUP * i] as number) - (means[PER_GROUP * i + 1] as number);
    sum += logNormal(difference, 2 * within) - 0.5 * ((mean - grand) ** 2 / between);
  });
  return sum;
}

function groupMeans(means: Float64Array): {groups: Float64Array; grand: number} {
  const groups = Float64Array.from({length: GROUPS}, (_, i) => {
    return ((means[PER_GROUP * i] as number) + (means[PER_GROUP * i + 1] as number)) / PER_GROUP;
  });
  return {groups, grand: groups.reduce((sum, mean) => sum + mean, 0) / GROUPS};
}

function logNormal(x: number, variance: number): number {
  return -0.5 * (LOG_2PI + Math.log(variance) + x ** 2 / variance);
}

/** theta given the scales: from the grand mean down, each level given the one above and the data. */
function gaussianDraw(data: HierarchicalData, logGamma: number, logBeta: number, noise: Float64Array): Float64Array {
  const [varianceGamma, varianceBeta] = [Math.exp(2 * logGamma), Math.exp(2 * logBeta)];
  const within = varianceBeta + 1 / data.count;
  const {groups, grand} = groupMeans(data.means);
  const between = varianceGamma + within / PER_GROUP;
  const z = noise.values();
  /** A draw of x where x ~ N(mean, variance) and seen ~ N(x, error). */
  const update = (mean: number, variance: number, seen: number, error: number) => {
    const gain = variance / (variance + error);
    return mean + gain * (seen - mean) + Math.sqrt(gain * error) * (z.next().value as number);
  };
  const mu = update(0, 1, grand, between / GROUPS);
  const gamma = groups.map((mean) => update(mu, varianceGamma, mean, within / PER_GROUP));
  const beta = data.means.map((mean, j) => {
    return update(gamma[Math.floor(j / PER_GROUP)] as number, varianceBeta, mean, 1 / data.count);
  });
  return Float64Array.of(mu, logGamma, logBeta, ...gamma, ...beta);
}

function firstAbove(cumulative: Float64Array, value: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
