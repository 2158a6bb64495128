import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {
  bernoulliDistribution,
  beta,
  binomial,
  categoricalDistribution,
  cauchy,
  type Distribution,
  dirichlet,
  exponential,
  gamma,
  generalizedExtremeValue,
  halfCauchy,
  halfNormal,
  inverseGamma,
  klDivergence,
  laplaceDistribution,
  logNormal,
  multivariateNormal,
  negativeBinomial,
  normal,
  poissonDistribution,
  studentTDistribution,
  truncatedNormal,
  uniform,
} from '../../../src/distributions/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const DRAWS = 10000;
/** sqrt(n) times the Kolmogorov-Smirnov distance passes this once in a thousand times. */
const KOLMOGOROV_BOUND = 1.95;

const continuous: [string, Distribution][] = [
  ['normal', normal(0.5, 1.7)],
  ['half-normal', halfNormal(2)],
  ['log-normal', logNormal(0.3, 0.8)],
  ['laplace', laplaceDistribution(0.5, 1.2)],
  ['cauchy', cauchy(0.5, 2.5)],
  ['half-cauchy', halfCauchy(2.5)],
  ['student-t', studentTDistribution(3.5, 0.5, 1.3)],
  ['gamma', gamma(2.5, 1.5)],
  ['gamma of a small shape', gamma(0.6, 1)],
  ['inverse-gamma', inverseGamma(2.5, 1.5)],
  ['exponential', exponential(0.7)],
  ['beta', beta(2, 3)],
  ['uniform', uniform(-1, 3)],
  ['truncated normal', truncatedNormal({loc: 1, scale: 2, low: -1, high: 2})],
  ['truncated normal of an upper tail', truncatedNormal({low: 4})],
  ['generalized extreme value', generalizedExtremeValue(0.5, 1.2, 0.2)],
  ['bounded extreme value', generalizedExtremeValue(0.5, 1.2, -0.3)],
  ['Gumbel', generalizedExtremeValue(0.5, 1.2, 0)],
];

const discrete: [string, Distribution][] = [
  ['Bernoulli', bernoulliDistribution(0.8)],
  ['binomial', binomial(12, -0.4)],
  ['Poisson', poissonDistribution(4.2)],
  ['large Poisson', poissonDistribution(40)],
  ['negative binomial', negativeBinomial(4.2, 1.7)],
];

/** Points over the support with the density's distribution function, by the midpoint rule in a bounded coordinate. */
async function distributionFunction({support, logProb}: Distribution): Promise<{at: Float64Array; cdf: Float64Array}> {
  const cells = 20000;
  const [low, high] = support.kind === 'interval' ? [support.low, support.high] : [-Infinity, Infinity];
  const at = new Float64Array(cells);
  const widths = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    const s = (i + 0.5) / cells;
    if (Number.isFinite(high)) [at[i], widths[i]] = [low + s * (high - low), (high - low) / cells];
    else if (Number.isFinite(low)) [at[i], widths[i]] = [low + s / (1 - s), 1 / (1 - s) ** 2 / cells];
    else {
      const t = 2 * s - 1;
      at[i] = t / (1 - t * t);
      widths[i] = (((1 + t * t) / (1 - t * t) ** 2) * 2) / cells;
    }
  }
  const density = tf.tidy(() => logProb(tf.tensor1d(Float32Array.from(at))));
  const logs = await density.data();
  density.dispose();
  let sum = 0;
  return {at, cdf: widths.map((width, i) => (sum += width * Math.exp(logs[i] as number)))};
}

describe('samplers follow their densities', () => {
  for (const [name, distribution] of continuous) {
    it(name, async () => {
      const sampled = await expectNoLeak(async () => {
        const draws = distribution.sample(createRng(11), [DRAWS]);
        const values = Float64Array.from(await draws.data()).sort();
        draws.dispose();
        return values;
      });
      const {at, cdf} = await distributionFunction(distribution);
      closeTo(cdf.at(-1) ?? 0, 1, {atol: 4e-3});
      let distance = 0;
      let below = 0;
      for (let i = 0; i < at.length; i += 20) {
        while (below < DRAWS && (sampled[below] as number) <= (at[i] as number)) below++;
        distance = Math.max(distance, Math.abs(below / DRAWS - (cdf[i] as number)));
      }
      expect(distance * Math.sqrt(DRAWS)).to.be.below(KOLMOGOROV_BOUND + 0.3);
    });
  }

  for (const [name, distribution] of discrete) {
    it(name, async () => {
      const draws = distribution.sample(createRng(12), [DRAWS]);
      const values = await draws.data();
      const density = tf.tidy(() => distribution.logProb(tf.range(0, 120)));
      const logs = await density.data();
      tf.dispose([draws, density]);
      let statistic = 0;
      let cells = 0;
      logs.forEach((log, k) => {
        const expected = DRAWS * Math.exp(log);
        if (expected < 5) return;
        const count = values.filter((value) => value === k).length;
        statistic += (count - expected) ** 2 / expected;
        cells++;
      });
      expect(statistic).to.be.below(cells + 4 * Math.sqrt(2 * cells));
      expect(statistic).to.be.above(0);
    });
  }

  it('vectors have the moments of theirs', async () => {
    const concentration = tf.tensor1d([0.7, 2, 3.5]);
    const [mean, covariance] = [
      tf.tensor1d([1, -2]),
      tf.tensor2d([
        [2, -0.9],
        [-0.9, 1],
      ]),
    ];
    const logits = tf.tensor1d([0, 1, 2]);
    const draws = [
      dirichlet(concentration).sample(createRng(13), [DRAWS]),
      multivariateNormal(mean, covariance).sample(createRng(14), [DRAWS]),
      tf.tidy(() => tf.oneHot(tf.cast(categoricalDistribution(logits).sample(createRng(15), [DRAWS]), 'int32'), 3)),
    ];
    const [simplex, vectors, classes] = await Promise.all(
      draws.map((draw) => tf.tidy(() => tf.mean(tf.cast(draw, 'float32'), 0)).data()),
    );
    closeTo(
      simplex ?? [],
      [0.7, 2, 3.5].map((value) => value / 6.2),
      {atol: 4 * Math.sqrt(0.25 / 7.2 / DRAWS)},
    );
    closeTo(vectors ?? [], [1, -2], {atol: 4 * Math.sqrt(2 / DRAWS)});
    const total = 1 + Math.E + Math.E ** 2;
    closeTo(classes ?? [], [1 / total, Math.E / total, Math.E ** 2 / total], {atol: 4 * Math.sqrt(0.25 / DRAWS)});
    const second = tf.tidy(() => {
      const centred = tf.sub(draws[1] as tf.Tensor2D, mean);
      return tf.div(tf.matMul(centred, centred, true, false), DRAWS);
    });
    closeTo(await second.data(), [2, -0.9, -0.9, 1], {atol: 4 * Math.sqrt(8 / DRAWS)});
    tf.dispose([concentration, mean, covariance, logits, ...draws, second]);
  });

  it('Dirichlet and beta draws of tiny concentrations are sound, with finite slopes', async () => {
    const [draws, shares, slopes] = tf.tidy(() => {
      const concentration = tf.fill([3], 0.001);
      const weights = tf.tensor1d([1, 2, 4]);
      const loss = (given: tf.Tensor) => tf.sum(tf.mul(dirichlet(given).sample(createRng(19), [400]), weights));
      return [
        dirichlet(concentration).sample(createRng(19), [400]),
        beta(0.001, 0.001).sample(createRng(20), [400]),
        tf.grad(loss)(concentration),
      ] as const;
    });
    const entries = Array.from(await draws.data());
    const sums = Array.from({length: 400}, (_, i) => entries.slice(3 * i, 3 * i + 3).reduce((sum, x) => sum + x, 0));
    closeTo(sums, Array(400).fill(1), {rtol: 1e-6});
    const ends = Array.from(await shares.data());
    expect(ends.every((x) => x >= 0 && x <= 1)).to.equal(true);
    closeTo(ends.reduce((sum, x) => sum + x, 0) / 400, 0.5, {atol: (4 * 0.5) / Math.sqrt(400)});
    expect((await slopes.data()).every(Number.isFinite)).to.equal(true);
    tf.dispose([draws, shares, slopes]);
  });

  it('gamma and beta draws move with their parameters', async () => {
    const slopes = tf.tidy(() => {
      const mean = (a: tf.Tensor) => tf.mean(gamma(a, 2).sample(createRng(16), [DRAWS]));
      const share = (a: tf.Tensor) => tf.mean(beta(a, 2).sample(createRng(17), [DRAWS]));
      return tf.stack([tf.grad(mean)(tf.scalar(1.5)), tf.grad(share)(tf.scalar(3))]);
    });
    closeTo(await slopes.data(), [1 / 2, 2 / 25], {rtol: 0.04}); // d(a / 2) / da and d(a / (a + 2)) / da
    slopes.dispose();
  });
});

describe('klDivergence', () => {
  const pairs = (): [Distribution, Distribution][] => [
    [normal(1, 0.5), normal(0, 1.5)],
    [logNormal(1, 0.5), logNormal(0, 1.5)],
    [exponential(2), exponential(0.7)],
    [gamma(2.5, 1.5), gamma(4, 1)],
    [beta(2, 3), beta(4, 1.5)],
    [dirichlet(tf.tensor1d([1, 2, 3])), dirichlet(tf.tensor1d([2, 2, 1]))],
    [bernoulliDistribution(0.3), bernoulliDistribution(-1)],
    [categoricalDistribution(tf.tensor1d([0, 1, 2])), categoricalDistribution(tf.tensor1d([1, 0, 0.5]))],
    [
      multivariateNormal(
        tf.tensor1d([0, 1]),
        tf.tensor2d([
          [1, 0.4],
          [0.4, 0.5],
        ]),
      ),
      multivariateNormal(
        tf.tensor1d([0.5, 0.5]),
        tf.tensor2d([
          [2, -0.3],
          [-0.3, 1],
        ]),
      ),
    ],
  ];

  it('is the mean difference of log densities over draws', async () => {
    const results = tf.tidy(() =>
      pairs().map(([q, p]) => {
        const draws = q.sample(createRng(18), [20000]);
        const {mean, variance} = tf.moments(tf.sub(q.logProb(draws), p.logProb(draws)));
        return [q.name, klDivergence(q, p).dataSync()[0], mean.dataSync()[0], variance.dataSync()[0]] as const;
      }),
    );
    for (const [name, kl, mean, variance] of results) {
      const error = Math.abs((kl ?? 0) - (mean ?? 0)) / Math.sqrt((variance ?? 0) / 20000);
      expect(error, name).to.be.below(4);
      expect(kl, name).to.be.above(0.01);
    }
    expect(() => klDivergence(normal(0, 1), gamma(1, 1))).to.throw(/one kind/);
  });

  it('leaves out classes of zero probability, and is infinite where the other one lacks a class', async () => {
    const [some, all] = [tf.tensor1d([0, -Infinity, 0]), tf.zeros([3])];
    const kl = (q: tf.Tensor, p: tf.Tensor) => klDivergence(categoricalDistribution(q), categoricalDistribution(p));
    const values = tf.tidy(() => tf.stack([kl(some, all), kl(some, some), kl(all, some)]));
    closeTo(await values.data(), [Math.log(3 / 2), 0, Infinity], {atol: 1e-6});
    const slopes = tf.tidy(() => tf.grad((q: tf.Tensor) => tf.sum(kl(q, all)))(some));
    closeTo(await slopes.data(), [0, 0, 0], {atol: 1e-6});
    tf.dispose([some, all, values, slopes]);
  });

  it('has a gradient in one dimension too: d/da KL(N(0, a) || N(0, 1)) = (1 - 1/a) / 2', async () => {
    const standard = multivariateNormal(tf.zeros([1]), tf.eye(1));
    const slope = tf.tidy(() =>
      tf.grad((a) => klDivergence(multivariateNormal(tf.zeros([1]), tf.reshape(a, [1, 1])), standard))(tf.scalar(2)),
    );
    closeTo(await slope.data(), [0.25], {rtol: 1e-5});
    slope.dispose();
  });
});
