import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {digamma, logGamma, logGammaHalfStep} from '../../../src/predictive/gamma-functions.ts';
import {concatPredictives, mixPredictives, StudentTPredictive} from '../../../src/predictive/index.ts';
import {
  digamma as digamma64,
  lgamma,
  studentTCdf,
  studentTPdf,
  studentTQuantile,
  trigamma,
} from '../../../src/special/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

/** One member at each of two inputs. */
function single(): StudentTPredictive {
  return new StudentTPredictive({
    means: tf.tensor3d([[[0.5], [-1]]]),
    aleatoricSquaredScales: tf.tensor3d([[[0.09]]]),
    epistemicSquaredScales: tf.tensor3d([[[0.07], [0]]]),
    dfs: tf.tensor3d([[[5]]]),
  });
}

/** Two members at one input. */
function pair(): StudentTPredictive {
  return new StudentTPredictive({
    means: tf.tensor3d([[[0]], [[3]]]),
    aleatoricSquaredScales: tf.tensor3d([[[0.25]]]),
    dfs: tf.tensor3d([[[3]], [[8]]]),
    weights: tf.tensor1d([0.25, 0.75]),
  });
}

const pairCdf = (x: number): number => 0.25 * studentTCdf(x / 0.5, 3) + 0.75 * studentTCdf((x - 3) / 0.5, 8);

async function values(tensor: tf.Tensor): Promise<number[]> {
  const read = Array.from(await tensor.data());
  tensor.dispose();
  return read;
}

describe('StudentTPredictive', () => {
  it('is the Student-t density, in closed form for one member', () =>
    expectNoLeak(async () => {
      const predictive = single();
      const y = tf.tensor2d([[0.9], [-4]]);
      const scales = [0.4, 0.3];
      const z = [1, -10];
      closeTo(
        await values(predictive.logProb(y)),
        z.map((one, i) => Math.log(studentTPdf(one, 5) / (scales[i] as number))),
        {rtol: 1e-5},
      );
      closeTo(
        await values(await predictive.cdf(y)),
        z.map((one) => studentTCdf(one, 5)),
        {rtol: 1e-6},
      );
      closeTo(
        await values(await predictive.quantile(0.975)),
        [0.5, -1].map((m, i) => m + (scales[i] as number) * studentTQuantile(0.975, 5)),
        {rtol: 1e-6},
      );
      y.dispose();
      predictive.dispose();
    }));

  it('splits the variance, which is the squared scale times df / (df - 2)', () =>
    expectNoLeak(async () => {
      const predictive = single();
      const arrays = await predictive.toArrays();
      closeTo(arrays.mean.data, [0.5, -1], {rtol: 1e-6});
      closeTo(arrays.aleatoricVariance.data, [0.15, 0.15], {rtol: 1e-6});
      closeTo(arrays.epistemicVariance.data, [(0.07 * 5) / 3, 0], {rtol: 1e-5});
      predictive.dispose();

      const heavy = new StudentTPredictive({
        means: tf.zeros([1, 1, 1]),
        aleatoricSquaredScales: tf.ones([1, 1, 1]),
        dfs: tf.fill([1, 1, 1], 1.5),
      });
      const {variance, epistemicVariance} = await heavy.toArrays();
      expect([variance.data[0], epistemicVariance.data[0]]).to.deep.equal([Infinity, 0]);
      heavy.dispose();
    }));

  it('mixes members exactly: density, cdf, quantile', () =>
    expectNoLeak(async () => {
      const predictive = pair();
      const y = tf.tensor2d([[2.2]]);
      const density = 0.5 * studentTPdf(4.4, 3) + 1.5 * studentTPdf(-1.6, 8);
      closeTo(await values(predictive.logProb(y)), [Math.log(density)], {rtol: 1e-5});
      closeTo(await values(await predictive.cdf(y)), [pairCdf(2.2)], {rtol: 1e-6});
      for (const q of [0.01, 0.3, 0.9]) {
        const [quantile] = await values(await predictive.quantile(q));
        closeTo(pairCdf(quantile as number), q, {rtol: 2e-6});
      }
      y.dispose();
      predictive.dispose();
    }));

  it('scores by the integral of the squared distance of the cdf from a step', () =>
    expectNoLeak(async () => {
      const step = 0.002;
      const integral = (cdf: (x: number) => number, y: number): number => {
        let sum = 0;
        for (let x = y - 400; x < y + 400; x += step) {
          const middle = x + step / 2;
          sum += step * (cdf(middle) - (middle >= y ? 1 : 0)) ** 2;
        }
        return sum;
      };
      const [two, one] = [pair(), single()];
      const [at, each] = [tf.tensor2d([[2.2]]), tf.tensor2d([[0.9], [-1]])];
      closeTo(await values(await two.crps(at)), [integral(pairCdf, 2.2)], {rtol: 1e-4});
      const [first] = await values(await one.crps(each));
      closeTo(
        first as number,
        integral((x) => studentTCdf((x - 0.5) / 0.4, 5), 0.9),
        {rtol: 1e-4},
      );
      tf.dispose([at, each]);
      one.dispose();
      two.dispose();
    }));

  it('is joined along examples and mixed along members', () =>
    expectNoLeak(async () => {
      const [a, b] = [single(), single()];
      const whole = concatPredictives([a, b]);
      expect(whole.mean.shape).to.deep.equal([4, 1]);
      closeTo(await whole.means.data(), [0.5, -1, 0.5, -1]);
      const mixed = mixPredictives([a, b], [0.3, 0.7]);
      if (!(mixed instanceof StudentTPredictive)) throw new Error(mixed.kind);
      expect(mixed.means.shape).to.deep.equal([2, 2, 1]);
      const y = tf.tensor2d([[0.9], [-4]]);
      const [of, alone] = [mixed.logProb(y), a.logProb(y)];
      closeTo(await of.data(), await alone.data(), {rtol: 1e-6});
      tf.dispose([y, of, alone]);
      for (const predictive of [a, b, whole, mixed]) predictive.dispose();
    }));
});

describe('functions of Gamma on tensors', () => {
  const points = [1e-3, 0.2, 1, 1.5, 4, 30, 2e4];

  it('agree with float64, with their derivatives', async () => {
    const z = tf.tensor1d(points);
    const at = Array.from(await z.data());
    closeTo(await values(logGamma(z)), at.map(lgamma), {rtol: 3e-6, atol: 3e-6});
    closeTo(await values(digamma(z)), at.map(digamma64), {rtol: 3e-6, atol: 3e-6});
    closeTo(await values(tf.grad((x) => tf.sum(logGamma(x)))(z)), at.map(digamma64), {rtol: 1e-5, atol: 1e-5});
    closeTo(await values(tf.grad((x) => tf.sum(digamma(x)))(z)), at.map(trigamma), {rtol: 1e-5, atol: 1e-5});
    closeTo(
      await values(logGammaHalfStep(z)),
      at.map((x) => lgamma(x + 0.5) - lgamma(x)),
      {rtol: 3e-6, atol: 1e-6},
    );
    z.dispose();
  });
});
