import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {Matrix as Oracle} from 'ml-matrix';
import {laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {FullCurvature, GeneralizedGaussNewton, subnet, weightLayouts} from '../../src/curvature/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {categorical} from '../../src/likelihoods/index.ts';
import {createNet} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {smallData, smallNet} from './small-net.ts';

describe('laplace with other curvatures than the GGN', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  // Classes as laplace-torch; numbers with the right scale, 1 / noise^4, where that library has 2 / noise^2.
  const empirical = [
    ['classification', 'full', -14.3563819328],
    ['classification', 'kron', -16.8560036226],
    ['classification', 'diag', -19.5228949504],
    ['regression', 'full', -25.4228053159],
    ['regression', 'kron', -32.6921242591],
    ['regression', 'diag', -38.551502822],
  ] as const;
  for (const [likelihood, structure, expected] of empirical) {
    it(`empirical Fisher, ${likelihood}, ${structure}: log marginal likelihood`, () =>
      expectNoLeak(async () => {
        const regression = likelihood === 'regression';
        const model = smallNet(regression ? 2 : 3);
        const posterior = await laplace(model, {
          likelihood,
          structure,
          weights: 'all',
          curvature: 'empirical-fisher',
          priorPrecision: 0.5,
          ...(regression && {noiseScale: 0.7}),
        }).fit(data.x, regression ? data.yReal : data.yClass, {batchSize: 4});
        closeTo(posterior.logMarginalLikelihood(), expected, {rtol: 1e-6});
        for (const used of [posterior, model]) used.dispose();
      }));
  }

  for (const weights of ['all', 'last-layer'] as const) {
    it(`Monte-Carlo Fisher comes ever closer to the GGN (${weights})`, async () => {
      const model = smallNet(3);
      const options = {likelihood: 'categorical', weights, structure: 'diag'} as const;
      const exact = await laplace(model, options).fit(data.x, data.yClass);
      const variances = exact.weightVariances();
      const furthest = async (samples: number): Promise<number> => {
        const sampled = await laplace(model, {...options, curvature: 'mc-fisher', samples, rng: createRng(4)}).fit(
          data.x,
          data.yClass,
        );
        const ratios = sampled.weightVariances().map((value, i) => Math.abs(value / (variances[i] as number) - 1));
        sampled.dispose();
        return Math.max(...ratios);
      };
      expect(await furthest(1)).to.be.above(0.1);
      // Each draw of a squared gradient deviates by at most a few times its mean: six inputs, 900 draws.
      expect(await furthest(900)).to.be.below(0.1);
      for (const used of [exact, model]) used.dispose();
    });
  }

  it('the Hessian is that of the loss, by finite differences in float64', async () => {
    const model = smallNet(3);
    const net = createNet(model);
    const weights = (await Promise.all(model.getWeights().map((w) => w.data()))).flatMap((part) => Array.from(part));
    const expected = finiteDifferences(await lossOf(data), weights, 1e-4);
    const y = await categorical().prepareTargets(data.yClass, [6, 3], 'test');
    await expectNoLeak(async () => {
      const whole = new FullCurvature(weightLayouts(net, 'all', data.x));
      const choice = {kind: 'hessian'} as const;
      await new GeneralizedGaussNewton(net, categorical(), 'all', whole, choice).add(data.x, y);
      closeTo(whole.matrix, expected, {rtol: 1e-4, atol: 2e-5});
      const elements = [Int32Array.of(1, 4), Int32Array.of(), Int32Array.of(0, 8), Int32Array.of(2)];
      const part = subnet(net, elements);
      const small = new FullCurvature(weightLayouts(part, 'all', data.x));
      await new GeneralizedGaussNewton(part, categorical(), 'all', small, choice).add(data.x, y);
      const flat = [1, 4, 9, 17, 20];
      closeTo(
        small.matrix,
        flat.flatMap((i) => flat.map((j) => expected[21 * i + j] as number)),
        {rtol: 1e-4, atol: 2e-5},
      );
    });
    y.dispose();
    model.dispose();
  });

  it('of a model that is linear in its weights the Hessian is the GGN', async () => {
    const model = smallNet(3);
    const evidence = async (curvature: 'ggn' | 'hessian', weights: 'last-layer' | {layers: string[]}) => {
      const options = {likelihood: 'categorical', weights, curvature, structure: 'full'} as const;
      const posterior = await laplace(model, options).fit(data.x, data.yClass, {batchSize: 4});
      const value = posterior.logMarginalLikelihood();
      posterior.dispose();
      return value;
    };
    const expected = await evidence('ggn', 'last-layer');
    closeTo(await evidence('hessian', 'last-layer'), expected, {rtol: 1e-7});
    closeTo(await evidence('hessian', {layers: [model.layers[1]?.name as string]}), expected, {rtol: 1e-5});
    model.dispose();
  });

  it('negative curvature counts as 0, and is said', async () => {
    const model = smallNet(3); // not trained, so no minimum
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    const posterior = await laplace(model, {
      likelihood: 'categorical',
      weights: 'all',
      structure: 'full',
      curvature: 'hessian',
      priorPrecision: 1e-3,
    }).fit(data.x, data.yClass);
    const variances = posterior.weightVariances();
    restore();
    expect(warnings.join()).to.match(/Hessian is indefinite, with \d+ of 21 eigenvalues below 0/);
    expect(Math.min(...variances)).to.be.above(0);
    expect(Math.max(...variances)).to.be.at.most(1e3 * (1 + 1e-6));
    for (const used of [posterior, model]) used.dispose();
  });

  it('a convolutional net has a Hessian, too', async () => {
    const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.6, seed});
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv1d({
          filters: 2,
          kernelSize: 2,
          activation: 'tanh',
          inputShape: [3, 1],
          kernelInitializer: normal(1),
        }),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 3, kernelInitializer: normal(2)}),
      ],
    });
    const x = tf.randomNormal([5, 3, 1], 0, 1, 'float32', 3);
    const y = tf.tensor1d([0, 1, 2, 1, 0], 'int32');
    const options = {likelihood: 'categorical', weights: 'all', structure: 'full', priorPrecision: 5} as const;
    const restore = onWarning(() => undefined);
    const posterior = await laplace(model, {...options, curvature: 'hessian'}).fit(x, y);
    expect(Number.isFinite(posterior.logMarginalLikelihood())).to.equal(true);
    restore();
    for (const used of [posterior, model, x, y]) used.dispose();
  });

  it('refuses what it cannot sum', () => {
    const model = smallNet(3, 'softmax');
    expect(() => laplace(model, {curvature: 'hessian'})).to.throw(ConfigError, /structure 'full'/);
    expect(() => laplace(model, {curvature: 'mc-fisher', samples: 0})).to.throw(ConfigError, /samples/);
    expect(() => laplace(model, {curvature: 'fisher' as 'ggn'})).to.throw(ConfigError, /'empirical-fisher'/);
    model.dispose();
  });
});

/** The summed negative log-likelihood of the small net as a function of its flat weights, in float64. */
async function lossOf({x, yClass}: ReturnType<typeof smallData>): Promise<(w: readonly number[]) => number> {
  const inputs = (await x.array()) as number[][];
  const labels = Array.from(await yClass.data());
  return (w) =>
    inputs.reduce((sum, [a = 0, b = 0], n) => {
      const at = (i: number): number => w[i] as number;
      const hidden = [0, 1, 2].map((o) => Math.tanh(a * at(o) + b * at(3 + o) + at(6 + o)));
      const f = [0, 1, 2].map((o) => hidden.reduce((s, h, i) => s + h * at(9 + 3 * i + o), at(18 + o)));
      return sum + Math.log(f.reduce((s, value) => s + Math.exp(value), 0)) - (f[labels[n] as number] as number);
    }, 0);
}

function finiteDifferences(loss: (w: readonly number[]) => number, w: readonly number[], h: number): number[] {
  const moved = (i: number, j: number, a: number, b: number): number => {
    const at = [...w];
    at[i] = (at[i] as number) + a * h;
    at[j] = (at[j] as number) + b * h;
    return loss(at);
  };
  const hessian = Oracle.zeros(w.length, w.length);
  w.forEach((_, i) => {
    w.forEach((__, j) => {
      const second = moved(i, j, 1, 1) - moved(i, j, 1, -1) - moved(i, j, -1, 1) + moved(i, j, -1, -1);
      hessian.set(i, j, second / (4 * h * h));
    });
  });
  return hessian.to1DArray();
}
