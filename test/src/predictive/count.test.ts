import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {poisson} from '../../../src/likelihoods/index.ts';
import {crpsPoisson} from '../../../src/metrics/index.ts';
import {type CountPredictive, concatPredictives, mixPredictives} from '../../../src/predictive/index.ts';
import {gammaQ, lgamma} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

/** Mean of g(rate) over a log-normal rate, by the trapezoidal rule: exact to float64 for smooth g. */
function overRates(mean: number, variance: number, g: (rate: number) => number, steps = 4000): number {
  let sum = 0;
  for (let i = -steps; i <= steps; i++) {
    const z = (8.5 * i) / steps;
    sum += Math.exp(-0.5 * z * z) * g(Math.exp(mean + Math.sqrt(variance) * z));
  }
  return ((8.5 / steps) * sum) / Math.sqrt(2 * Math.PI);
}

function mass(count: number): (rate: number) => number {
  return (rate) => Math.exp(count * Math.log(rate) - rate - lgamma(count + 1));
}

async function ofGaussian<T>(mean: number, variance: number, use: (one: CountPredictive) => Promise<T>): Promise<T> {
  const [center, spread] = [tf.tensor2d([[mean]]), tf.tensor2d([[variance]])];
  const predictive = poisson().predictive({mean: center, variance: spread});
  tf.dispose([center, spread]);
  const result = await use(predictive);
  predictive.dispose();
  return result;
}

async function numberOf(tensor: tf.Tensor): Promise<number> {
  const [value] = await tensor.data();
  tensor.dispose();
  return value as number;
}

const cases = [
  {mean: 0.3, variance: 0.2, counts: [0, 1, 4, 12]},
  {mean: 2, variance: 1.5, counts: [0, 5, 60, 400]},
  {mean: -3, variance: 4, counts: [0, 1, 20]},
  {mean: 6.9, variance: 0.01, counts: [800, 1000, 1300]},
  {mean: 8, variance: 1, counts: [20, 3000, 9000]},
];

describe('CountPredictive', () => {
  onEachBackend(() => {
    for (const {mean, variance, counts} of cases) {
      it(`integrates over a log rate N(${mean}, ${variance})`, async () => {
        const [m, v] = [Math.fround(mean), Math.fround(variance)];
        await expectNoLeak(() =>
          ofGaussian(m, v, async (predictive) => {
            const {mean: rate, epistemicVariance, aleatoricVariance} = await predictive.toArrays();
            const expected = Math.exp(m + v / 2);
            closeTo([rate.data[0] as number, aleatoricVariance.data[0] as number], [expected, expected], {rtol: 1e-5});
            closeTo([epistemicVariance.data[0] as number], [expected ** 2 * Math.expm1(v)], {rtol: 1e-5});
            for (const count of counts) {
              const y = tf.tensor2d([[count]]);
              const exact = overRates(m, v, mass(count));
              closeTo([await numberOf(predictive.logProb(y))], [Math.log(exact)], {rtol: 2e-6, atol: 2e-5});
              const reached = overRates(m, v, (at) => gammaQ(count + 1, at));
              closeTo([await numberOf(await predictive.cdf(y))], [reached], {rtol: 0, atol: 2e-5});
              y.dispose();
            }
          }),
        );
      });
    }

    it('is the Poisson distribution where the rate is known', async () => {
      await ofGaussian(Math.log(7), 0, async (predictive) => {
        const y = tf.tensor2d([[4]]);
        closeTo([await numberOf(predictive.logProb(y))], [Math.log(mass(4)(7))], {rtol: 1e-5});
        closeTo([await numberOf(await predictive.cdf(y))], [gammaQ(5, 7)], {rtol: 1e-6});
        closeTo([await numberOf(await predictive.crps(y))], [crpsPoisson(7, [4])], {rtol: 1e-5});
        y.dispose();
        closeTo([await numberOf(predictive.epistemicVariance.clone())], [0]);
      });
    });

    it('sums outputs of draws, each a mixture of Poisson distributions', async () => {
      const rates = [
        [1, 30],
        [2, 20],
        [6, 25],
      ];
      const draws = tf.tensor3d(rates.map((row) => [row.map(Math.log)]));
      const predictive = poisson().predictive({draws});
      const y = tf.tensor2d([[3, 28]]);
      const marginal = [3, 28].map((count, c) =>
        rates.reduce((sum, row) => sum + mass(count)(row[c] as number) / 3, 0),
      );
      const expected = marginal.reduce((sum, p) => sum + Math.log(p), 0);
      closeTo([await numberOf(predictive.logProb(y))], [expected], {rtol: 1e-5});
      const {mean, epistemicVariance} = await predictive.toArrays();
      closeTo(mean.data, [3, 25], {rtol: 1e-5});
      closeTo(epistemicVariance.data, [14 / 3, 50 / 3], {rtol: 1e-4});
      predictive.dispose();
      tf.dispose([draws, y]);
    });
  });

  it('has quantiles: the smallest counts whose distribution function reaches the level', async () => {
    for (const {mean, variance} of cases.slice(0, 4)) {
      await ofGaussian(mean, variance, async (predictive) => {
        for (const q of [0.05, 0.5, 0.975]) {
          const count = await numberOf(await predictive.quantile(q));
          const at = (k: number): number => overRates(mean, variance, (rate) => gammaQ(k + 1, rate));
          expect(at(count)).to.be.at.least(q - 2e-5);
          if (count > 0) expect(at(count - 1)).to.be.below(q + 2e-5);
        }
        await expectRejection(
          predictive.quantile(1),
          ConfigError,
          /CountPredictive.quantile: expected q between 0 and 1/,
        );
      });
    }
  });

  it('keeps large counts within 1/2048', async () => {
    await ofGaussian(Math.log(1e6), 0, async (predictive) => {
      const median = await numberOf(await predictive.quantile(0.5));
      closeTo([median], [1e6], {rtol: 1 / 2048});
      const y = tf.tensor2d([[1_003_000]]);
      closeTo([await numberOf(await predictive.crps(y))], [crpsPoisson(1e6, [1_003_000])], {rtol: 0.01});
      y.dispose();
    });
  });

  it('gives 0 for negative counts, which mark missing targets', async () => {
    const mean = tf.tensor2d([[1], [1]]);
    const predictive = poisson().predictive({mean, variance: mean});
    const y = tf.tensor2d([[-100], [2]]);
    await expectNoLeak(async () => {
      const [crps, logProb] = [await predictive.crps(y), predictive.logProb(y)];
      for (const score of [crps, logProb]) {
        const [missing, known] = await score.data();
        expect(missing).to.equal(0);
        expect(known).to.not.equal(0);
        score.dispose();
      }
    });
    predictive.dispose();
    tf.dispose([mean, y]);
  });

  it('is joined along examples and mixed by weight', async () => {
    const [low, high] = [1, 3].map((mean) => {
      const center = tf.fill([2, 1], mean);
      const one = poisson().predictive({mean: center, variance: center});
      center.dispose();
      return one;
    }) as [CountPredictive, CountPredictive];
    const joined = concatPredictives([low, high]);
    expect(joined.mean.shape).to.deep.equal([4, 1]);
    const mixed = mixPredictives([low, high], [0.25, 0.75]) as CountPredictive;
    const y = tf.tensor2d([[2], [5]]);
    const parts = await Promise.all([low, high, mixed].map((one) => one.logProb(y).data()));
    const [a, b, both] = parts as [Float32Array, Float32Array, Float32Array];
    closeTo(
      both,
      Array.from(a, (value, i) => Math.log(0.25 * Math.exp(value) + 0.75 * Math.exp(b[i] as number))),
      {
        rtol: 1e-5,
      },
    );
    for (const one of [low, high, joined, mixed]) one.dispose();
    y.dispose();
  });
});
