import {lgamma} from '../special/gamma.ts';
import {normalCdf} from '../special/normal.ts';

/** Counts up to here have a bin of their own. */
const SINGLE = 2048;
/** Beyond, a bin is as wide as its place divided by this. */
const RESOLUTION = 2048;
const LARGEST = 1e12;
/** Rates up to here have their probabilities from the recurrence, others from a cube-root normal cdf, exact to 1e-5 there. */
const RECURRENCE_RATE = 1024;
/** How many standard deviations of a log rate, and of a Poisson count, are looked at. */
const [RATE_REACH, COUNT_REACH] = [7, 8];

/** Bin b holds the counts from STARTS[b] to STARTS[b + 1] - 1. */
const STARTS: readonly number[] = (() => {
  const starts = Array.from({length: SINGLE}, (_, k) => k);
  for (let next = SINGLE; next < LARGEST; next += Math.ceil(next / RESOLUTION)) starts.push(next);
  return starts;
})();

/** A Poisson distribution whose log rate is Gaussian, and its share in a mixture. */
export interface LogRate {
  /** Mean of log rate. */
  readonly mean: number;
  /** Its standard deviation, 0 for a rate that is known. */
  readonly deviation: number;
  /** Share in the mixture. */
  readonly weight: number;
}

/**
 * The distribution function of a mixture of Poisson distributions with Gaussian log rates, in float64: every count below
 * 2048 for itself, larger ones in bins of 1/2048 of their size.
 */
export class CountTable {
  /** Probability of each bin or less. */
  readonly #cumulative: Float64Array;
  readonly #bins: number;

  constructor(components: readonly LogRate[]) {
    const highest = Math.max(...components.map(({mean, deviation}) => Math.exp(mean + RATE_REACH * deviation)));
    this.#bins = binOf(highest + COUNT_REACH * Math.sqrt(highest) + 30) + 1;
    const mass = new Float64Array(this.#bins);
    for (const component of components) eachRate(component, (rate, weight) => addPoisson(mass, rate, weight));
    let sum = 0;
    this.#cumulative = mass.map((value) => (sum += value));
    for (let b = 0; b < this.#bins; b++) (this.#cumulative[b] as number) /= sum;
  }

  /** p(y <= count). */
  cdf(count: number): number {
    if (count < 0) return 0;
    const whole = Math.floor(count);
    const bin = binOf(whole);
    if (bin >= this.#bins) return 1;
    const before = bin === 0 ? 0 : (this.#cumulative[bin - 1] as number);
    const part = (whole + 1 - startOf(bin)) / (startOf(bin + 1) - startOf(bin));
    return before + part * ((this.#cumulative[bin] as number) - before);
  }

  /** The smallest count with `cdf(count) >= q`. */
  quantile(q: number): number {
    let [low, high] = [0, this.#bins - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cumulative[middle] as number) >= q) high = middle;
      else low = middle + 1;
    }
    const before = low === 0 ? 0 : (this.#cumulative[low - 1] as number);
    const width = startOf(low + 1) - startOf(low);
    const part = (q - before) / ((this.#cumulative[low] as number) - before);
    return startOf(low) + Math.min(width, Math.max(1, Math.ceil(part * width))) - 1;
  }

  /** sum_k (cdf(k) - [y <= k])^2 over the counts k. */
  crps(y: number): number {
    let sum = 0;
    let before = 0;
    for (let b = 0; b < this.#bins; b++) {
      const reached = this.#cumulative[b] as number;
      const [start, end] = [startOf(b), startOf(b + 1)];
      const below = Math.min(Math.max(Math.ceil(y) - start, 0), end - start);
      const at = end - start === 1 ? reached : (before + reached) / 2;
      sum += below * at ** 2 + (end - start - below) * (1 - at) ** 2;
      before = reached;
    }
    return sum + Math.max(0, Math.ceil(y) - startOf(this.#bins));
  }
}

function startOf(bin: number): number {
  return STARTS[Math.min(bin, STARTS.length - 1)] as number;
}

function binOf(count: number): number {
  if (count < SINGLE) return Math.floor(count);
  let [low, high] = [SINGLE, STARTS.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((STARTS[middle] as number) <= count) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rates so close together that their Poisson distributions, or bins, run into each other. */
function eachRate({mean, deviation, weight}: LogRate, use: (rate: number, weight: number) => void): void {
  if (deviation < 1e-6) {
    use(Math.exp(mean), weight);
    return;
  }
  const blur = Math.max(1 / Math.sqrt(1 + Math.exp(mean + 3 * deviation)), 1 / RESOLUTION);
  const step = 0.9 * Math.min(1, blur / deviation);
  const count = Math.ceil(RATE_REACH / step);
  for (let i = -count; i <= count; i++) {
    const z = i * step;
    use(Math.exp(mean + deviation * z), weight * step * Math.exp(-0.5 * z * z));
  }
}

function addPoisson(mass: Float64Array, rate: number, weight: number): void {
  if (rate > RECURRENCE_RATE) addBinned(mass, rate, weight);
  else addSingle(mass, rate, weight);
}

/** From the most probable count outwards, p(k + 1) = p(k) rate / (k + 1). */
function addSingle(mass: Float64Array, rate: number, weight: number): void {
  const mode = Math.floor(rate);
  const reach = COUNT_REACH * Math.sqrt(rate) + 20;
  const peak = weight * Math.exp(mode * Math.log(Math.max(rate, Number.MIN_VALUE)) - rate - lgamma(mode + 1));
  const last = Math.min(mass.length - 1, Math.floor(rate + reach));
  const first = Math.max(0, Math.ceil(rate - reach));
  let probability = peak;
  for (let k = mode; k <= last; probability *= rate / ++k) (mass[k] as number) += probability;
  probability = peak;
  for (let k = mode; k > first; ) {
    probability *= k / rate;
    (mass[--k] as number) += probability;
  }
}

/** Wilson and Hilferty (1931): the cube root of a gamma variable is nearly normal. */
function addBinned(mass: Float64Array, rate: number, weight: number): void {
  const reach = COUNT_REACH * Math.sqrt(rate);
  const last = Math.min(mass.length - 1, binOf(rate + reach));
  let before = 0;
  for (let b = binOf(rate - reach); b <= last; b++) {
    const shape = startOf(b + 1);
    const cube = 1 / (9 * shape);
    const reached = normalCdf((1 - cube - Math.cbrt(rate / shape)) / Math.sqrt(cube));
    (mass[b] as number) += weight * (reached - before);
    before = reached;
  }
}
