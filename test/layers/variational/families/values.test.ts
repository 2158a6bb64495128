import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {gaussianPrior, laplacePrior, type Prior, studentTPrior} from '../../../../src/priors/index.ts';
import {createRng} from '../../../../src/random/index.ts';
import {closeTo} from '../../../support/close.ts';
import {onEachBackend} from '../../../support/each-backend.ts';
import {disposeFamily, familyAt, numbers, perturb, scriptedRng} from './support.ts';

const softplus = (x: number): number => Math.log1p(Math.exp(x));
const gaussianKl = (mean: number, scale: number, m: number, s: number): number =>
  Math.log(s / scale) + (scale ** 2 + (mean - m) ** 2) / (2 * s ** 2) - 0.5;

/** The integral of f over [from, to] by the midpoint rule. */
function integral(f: (x: number) => number, from: number, to: number, points = 20000): number {
  const step = (to - from) / points;
  let sum = 0;
  for (let i = 0; i < points; i++) sum += f(from + (i + 0.5) * step) * step;
  return sum;
}

/** KL(N(mean, scale^2) || prior) of one weight by quadrature. */
async function klByQuadrature(mean: number, scale: number, prior: Prior): Promise<number> {
  const points = Float32Array.from({length: 8001}, (_, i) => mean + scale * (i - 4000) * 0.0025);
  const logPrior = await numbers(tf.tidy(() => prior.logProb(tf.tensor1d(points))));
  return logPrior.reduce((sum, value, i) => {
    const eps = (i - 4000) * 0.0025;
    const logQ = -(eps ** 2) / 2 - Math.log(scale) - Math.log(2 * Math.PI) / 2;
    return sum + Math.exp(logQ) * scale * 0.0025 * (logQ - value);
  }, 0);
}

async function kl(...[choice, mean, scale, prior]: [string, number, number, Prior]): Promise<number> {
  const family = familyAt(choice, [1], [mean], scale);
  const [value] = await numbers(family.klDivergence(prior, createRng(1)));
  disposeFamily(family);
  return value as number;
}

onEachBackend(() => {
  describe('mean-field, full, matrix-normal and radial families of one weight', () => {
    for (const choice of ['mean-field', 'full', 'matrix-normal', 'radial']) {
      it(`${choice}: golden KL divergences from a Gaussian`, async () => {
        closeTo(await kl(choice, 1, 0.5, gaussianPrior()), 0.8181471806, {rtol: 0, atol: 1e-6});
        closeTo(await kl(choice, 0.1, softplus(-3), gaussianPrior()), 2.530572403, {rtol: 0, atol: 1e-6});
      });
    }

    it('low-rank: the same within the rounding of its two parts', async () => {
      closeTo(await kl('low-rank', 1, 0.5, gaussianPrior()), 0.8181471806, {rtol: 0, atol: 3e-6});
    });

    it('mean-field: rho for the scales .05, .1 and 1', async () => {
      for (const [scale, expected] of [
        [0.05, -2.9706281],
        [0.1, -2.2521685],
        [1, 0.5413249],
      ] as const) {
        const family = familyAt('mean-field', [1], [0], scale);
        const [, rho] = family.variables as [LayerVariable, LayerVariable];
        closeTo(await rho.read().data(), [expected], {rtol: 2e-7});
        disposeFamily(family);
      }
    });

    it('mean-field: the closed form from a Laplace density agrees with quadrature', async () => {
      const prior = laplacePrior({mean: 0.2, scale: 0.3});
      for (const [mean, scale] of [
        [0.25, 0.1],
        [-1, 0.5],
        [0.2, 2],
      ] as const) {
        closeTo(await kl('mean-field', mean, scale, prior), await klByQuadrature(mean, scale, prior), {rtol: 1e-4});
      }
    });

    it('mean-field: scales stay finite and above 0 wherever rho goes, and so does the divergence', async () => {
      const family = familyAt('mean-field', [3], [0, 0, 0], 1);
      const extremes = tf.tensor([-1000, 90, 1000]);
      family.variables[1]?.write(extremes);
      closeTo(await numbers(family.variance()), [1e-16, 8100, 1e6], {rtol: 1e-5});
      const value = gaussianKl(0, 1e-8, 0, 1) + gaussianKl(0, 90, 0, 1) + gaussianKl(0, 1000, 0, 1);
      closeTo(await numbers(family.klDivergence(gaussianPrior(), createRng(1))), [value], {rtol: 1e-5});
      extremes.dispose();
      disposeFamily(family);
      const floored = familyAt({kind: 'mean-field', floor: 0.01}, [2], [0, 0], [0.05, 1e-4]);
      closeTo(await numbers(floored.variance()), [0.0025, 0.01001 ** 2], {rtol: 1e-5});
      disposeFamily(floored);
    });

    it('mean-field: the sum over many weights near their prior does not cancel', async () => {
      const size = 50000;
      const means = Array.from({length: size}, (_, i) => 0.01 * Math.sin(i));
      const family = familyAt('mean-field', [size], means, 1);
      const expected = means.reduce((sum, mean) => sum + mean ** 2 / 2, 0);
      closeTo(await numbers(family.klDivergence(gaussianPrior(), createRng(1))), [expected], {rtol: 2e-2});
      disposeFamily(family);
    });

    it('without a closed form the divergence is estimated without bias, from seeded draws', async () => {
      const [size, mean, scale] = [100000, 0.7, 0.5];
      const prior = studentTPrior({degreesOfFreedom: 2, scale: 0.4});
      const family = familyAt('mean-field', [size], new Array(size).fill(mean), scale);
      expect(family.closedForm(prior)).to.equal(false);
      const [first] = await numbers(family.klDivergence(prior, createRng(1)));
      expect(await numbers(family.klDivergence(prior, createRng(1)))).to.deep.equal([first]);
      const exact = await klByQuadrature(mean, scale, prior);
      // The standard deviation of -log p over draws is below 1 here.
      expect(Math.abs((first as number) / size - exact)).to.be.lessThan(4 / Math.sqrt(size));
      disposeFamily(family);
    });
  });

  describe('radial family', () => {
    it('draws mean + scale * direction * radius', async () => {
      const family = familyAt('radial', [2], [1, 2], [0.1, 0.2]);
      const draw = await numbers(family.sample(scriptedRng([3, -4, 1.5]).rng));
      closeTo(draw, [1 + 0.1 * Math.SQRT2 * 0.6 * 1.5, 2 - 0.2 * Math.SQRT2 * 0.8 * 1.5], {rtol: 1e-6});
      disposeFamily(family);
    });

    it('has the variance of its draws, within the standard error', async () => {
      const family = perturb(familyAt('radial', [3, 2], [1, 2, 3, 4, 5, 6], 0.3));
      const [mean, variance] = [await numbers(family.mean()), await numbers(family.variance())];
      const count = 3000;
      const rng = createRng(11);
      const draws = tf.tidy(() => tf.stack(Array.from({length: count}, () => family.sample(rng))));
      const [squares, fourths] = tf.tidy(() => {
        const d2 = tf.square(tf.sub(draws, tf.tensor(mean, [3, 2])));
        return [tf.mean(d2, 0), tf.mean(tf.square(d2), 0)];
      }) as [tf.Tensor, tf.Tensor];
      const [second, fourth] = [await numbers(squares), await numbers(fourths)];
      second.forEach((value, i) => {
        const error = Math.sqrt(((fourth[i] as number) - value ** 2) / count);
        expect(Math.abs(value - (variance[i] as number))).to.be.lessThan(4 * error);
      });
      draws.dispose();
      disposeFamily(family);
    });

    it('has the entropy of a half-normal radius on the sphere', async () => {
      for (const [size, sphere] of [
        [1, 2],
        [2, 2 * Math.PI],
        [3, 4 * Math.PI],
        [6, Math.PI ** 3],
      ] as const) {
        const density = (r: number): number => Math.sqrt(2 / Math.PI) * Math.exp(-(r ** 2) / 2);
        const integrand = (r: number): number => -density(r) * Math.log(density(r) / (sphere * r ** (size - 1)));
        // Over the square root of the radius, for the logarithm at 0.
        const exact = integral((t) => integrand(t ** 2) * 2 * t, 0, 3.5);
        const family = familyAt('radial', [size], new Array(size).fill(0), 0.2);
        closeTo(await numbers(family.entropy?.() as tf.Scalar), [exact + size * Math.log(0.2 * Math.sqrt(size))], {
          rtol: 1e-4,
          atol: 1e-4,
        });
        disposeFamily(family);
      }
    });

    it('has a closed form where the prior is quadratic in the weights, and only there', () => {
      const family = familyAt('radial', [2], [0, 0], 1);
      expect(family.closedForm(gaussianPrior())).to.equal(true);
      expect(family.closedForm(laplacePrior())).to.equal(false);
      disposeFamily(family);
    });
  });

  describe('rank-1 family', () => {
    it('pays for its factors about 1, whatever the prior of the layer', async () => {
      const family = perturb(familyAt({kind: 'rank-1', factorScale: 0.2}, [2, 2, 3], new Array(12).fill(1), 0.1));
      const [, ...parts] = await Promise.all(family.variables.map((variable) => variable.read().data()));
      const [inputMean, inputRho, outputMean, outputRho] = parts.map((part) => Array.from(part)) as number[][];
      const pairs = [...(inputMean as number[]), ...(outputMean as number[])];
      const rhos = [...(inputRho as number[]), ...(outputRho as number[])];
      expect([inputMean?.length, outputMean?.length]).to.deep.equal([2, 3]);
      const expected = pairs.reduce((sum, m, i) => sum + gaussianKl(m, softplus(rhos[i] as number), 1, 0.2), 0);
      for (const prior of [gaussianPrior(), studentTPrior()]) {
        closeTo(await numbers(family.klDivergence(prior, createRng(1))), [expected], {rtol: 1e-5});
      }
      disposeFamily(family);
    });

    it('scales the shared mean by a factor for each input and each output', async () => {
      const family = familyAt({kind: 'rank-1', factorScale: 1}, [2, 2], [1, 2, 3, 4], 0.2);
      const sigma = Math.sqrt(Math.sqrt(1 + 0.04 / 7.5) - 1);
      const draw = await numbers(family.sample(scriptedRng([1, -1, 2, 0]).rng));
      const [r0, r1, s0] = [1 + sigma, 1 - sigma, 1 + 2 * sigma];
      closeTo(draw, [r0 * s0, 2 * r0, 3 * r1 * s0, 4 * r1], {rtol: 1e-5});
      const each = (1 + sigma ** 2) ** 2 - 1;
      closeTo(
        await numbers(family.variance()),
        [1, 4, 9, 16].map((square) => square * each),
        {rtol: 1e-4},
      );
      disposeFamily(family);
    });

    it('takes a weight with one axis, and starts no wider than its prior', async () => {
      const family = familyAt('rank-1', [3], [1, 0, -2], 5);
      closeTo(await numbers(family.variance()), [0.01, 0, 0.04], {rtol: 1e-5});
      disposeFamily(family);
    });
  });

  it('deterministic: a point without variance and without a divergence', async () => {
    const family = familyAt('deterministic', [2], [1, -1], 0.1);
    expect(await numbers(family.variance())).to.deep.equal([0, 0]);
    expect(await numbers(family.sample(createRng(1)))).to.deep.equal([1, -1]);
    expect(await numbers(family.klDivergence(gaussianPrior(), createRng(1)))).to.deep.equal([0]);
    disposeFamily(family);
  });
});
