import {expect} from 'chai';
import {createRng} from '../../../src/random/index.ts';

/** Standard normal cdf by the series Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...), exact to rounding for |x| < 6. */
function normalCdf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

describe('normals', () => {
  const n = 1000000;
  const draws = createRng('normals').normals(n);

  it('has the moments of a standard normal', () => {
    const sums = new Float64Array(7);
    for (const x of draws) {
      let power = 1;
      for (let k = 1; k <= 6; k++) {
        power *= x;
        sums[k] = (sums[k] as number) + power;
      }
    }
    // E[x^k], and its sampling variance E[x^2k] - E[x^k]^2.
    const expected = [1, 0, 1, 0, 3, 0, 15];
    const variance = [0, 1, 2, 15, 96, 945, 10395 - 225];
    for (let k = 1; k <= 6; k++) {
      const score = ((sums[k] as number) / n - (expected[k] as number)) / Math.sqrt((variance[k] as number) / n);
      expect(Math.abs(score), `moment ${k}`).to.be.below(5);
    }
  });

  it('follows the normal cdf (Kolmogorov and Smirnov)', () => {
    const sorted = draws.slice().sort();
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const cdf = normalCdf(sorted[i] as number);
      distance = Math.max(distance, cdf - i / n, (i + 1) / n - cdf);
    }
    expect(distance * Math.sqrt(n)).to.be.below(1.95);
  });

  it('fills bins of equal width as the density does (chi square), layer edges included', () => {
    const bins = 800;
    const counts = new Float64Array(bins);
    for (const x of draws) {
      const bin = Math.floor((x + 4) * 100);
      if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] as number) + 1;
    }
    let chi2 = 0;
    for (let b = 0; b < bins; b++) {
      const expected = n * (normalCdf((b + 1) / 100 - 4) - normalCdf(b / 100 - 4));
      chi2 += ((counts[b] as number) - expected) ** 2 / expected;
    }
    expect(Math.abs(chi2 - bins) / Math.sqrt(2 * bins)).to.be.below(4);
  });

  it('reaches the tails as often as it should, evenly on both sides', () => {
    const rng = createRng('tails');
    const rounds = 8;
    for (const edge of [2.5, 3.442619855899, 3.654152885361009, 4, 4.4]) {
      let [left, right, beyond, excess] = [0, 0, 0, 0];
      const stream = rng.fork(edge);
      for (let r = 0; r < rounds; r++) {
        for (const x of stream.normals(n)) {
          if (x > edge) right++;
          if (x < -edge) left++;
          if (Math.abs(x) > edge) {
            beyond++;
            excess += Math.abs(x) - edge;
          }
        }
      }
      const probability = 1 - normalCdf(edge);
      const expected = rounds * n * probability;
      expect(Math.abs(left - expected) / Math.sqrt(expected), `below -${edge}`).to.be.below(4.5);
      expect(Math.abs(right - expected) / Math.sqrt(expected), `above ${edge}`).to.be.below(4.5);
      const density = Math.exp(-0.5 * edge * edge) / Math.sqrt(2 * Math.PI);
      const mean = density / probability - edge;
      const variance = 1 + (edge * density) / probability - (density / probability) ** 2;
      expect(Math.abs(excess / beyond - mean) / Math.sqrt(variance / beyond), `mean past ${edge}`).to.be.below(4.5);
    }
  });

  it('has no dependence between neighbours, in value or in size', () => {
    let [value, size] = [0, 0];
    for (let i = 1; i < n; i++) {
      const [a, b] = [draws[i - 1] as number, draws[i] as number];
      value += a * b;
      size += (a * a - 1) * (b * b - 1);
    }
    expect(Math.abs(value) / Math.sqrt(n)).to.be.below(5);
    expect(Math.abs(size) / Math.sqrt(4 * n)).to.be.below(5);
  });

  it('spreads chi-square evenly for pairs of neighbours (the fault that Doornik found)', () => {
    const cells = 32;
    const counts = new Float64Array(cells * cells);
    for (let i = 0; i + 1 < n; i += 2) {
      const a = Math.min(cells - 1, Math.floor(normalCdf(draws[i] as number) * cells));
      const b = Math.min(cells - 1, Math.floor(normalCdf(draws[i + 1] as number) * cells));
      counts[a * cells + b] = (counts[a * cells + b] as number) + 1;
    }
    const expected = n / 2 / (cells * cells);
    const chi2 = counts.reduce((s, c) => s + (c - expected) ** 2 / expected, 0);
    expect(Math.abs(chi2 - (cells * cells - 1)) / Math.sqrt(2 * (cells * cells - 1))).to.be.below(4);
  });
});
