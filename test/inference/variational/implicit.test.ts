import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {fitVariational} from '../../../inference/variational/fit-variational.ts';
import {implicitFamily} from '../../../inference/variational/implicit.ts';
import {generator} from '../../../inference/variational/implicit-generator.ts';
import {loadFamily, saveFamily} from '../../../inference/variational/saved-family.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {initBackend} from '../../../src/index.ts';
import {cholesky, logDeterminant, matrix} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectEveryGradient} from './support.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** x ~ N(0, 1), y ~ N(x^2 / 2, 0.5^2): the log evidence is 0. */
const banana = {
  dimension: 2,
  logDensity: (theta: tf.Tensor2D) =>
    tf.tidy(() => {
      const [x, y] = tf.unstack(theta, 1) as [tf.Tensor1D, tf.Tensor1D];
      const rest = tf.div(tf.sub(y, tf.mul(tf.square(x), 0.5)), 0.5);
      const squares = tf.add(tf.square(x), tf.square(rest));
      return tf.sub(tf.mul(squares, -0.5), LOG_2PI + Math.log(0.5)) as tf.Tensor1D;
    }),
};

function shake(variables: readonly tf.Variable[], size: number): void {
  const rng = createRng(11);
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) {
      variable.assign(tf.add(variable, tf.mul(normalTensor(rng.fork(i), variable.shape), size)));
    }
  });
}

async function valuesOf(...tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array>));
  tf.dispose(tensors);
  return values;
}

function momentsOf(values: ArrayLike<number>): {mean: number; sd: number} {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return {mean, sd: Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length)};
}

describe('implicitFamily', () => {
  before(() => initBackend());

  it('carries Jacobians forward that autodiff gives backward', async () => {
    const sizes = {latent: 2, hidden: [5, 4], dimension: 3};
    const {variables, generate} = generator(sizes, {mean: new Float32Array(3), scale: 0.5, rng: createRng(1)});
    shake(variables, 0.5);
    const z = normalTensor<tf.Rank.R2>(createRng(2), [4, 2]);
    const {value, jacobian} = generate(z);
    for (const column of [0, 1, 2]) {
      const slopes = tf.grad((at: tf.Tensor) =>
        tf.sum(tf.slice(generate(at as tf.Tensor2D).value, [0, column], [4, 1])),
      )(z);
      const own = tf.slice(jacobian, [0, 0, column], [4, 2, 1]);
      const [expected, actual] = (await valuesOf(slopes, own)) as [Float32Array, Float32Array];
      closeTo(actual, expected, {atol: 1e-5});
    }
    tf.dispose([z, value, jacobian, ...variables]);
  });

  for (const latent of [3, 2]) {
    it(`has the exact entropy of a linear generator of ${latent} latent numbers for 3 columns`, async () => {
      const [scale, noise] = [0.7, 0.2];
      const family = implicitFamily({dimension: 3, latent, scale, noise, hidden: [4]});
      const linear = family.variables[1] as tf.Variable;
      tf.tidy(() => linear.assign(tf.add(linear, tf.mul(normalTensor(createRng(3), linear.shape), 0.3))));
      const [A, density] = (await valuesOf(tf.clone(linear), family.draw(createRng(4), 4000).logDensity)) as [
        Float32Array,
        Float32Array,
      ];
      const covariance = Float64Array.from({length: 9}, (_, i) => {
        const [row, column] = [Math.floor(i / 3), i % 3];
        let sum = row === column ? noise ** 2 : 0;
        for (let l = 0; l < latent; l++) sum += (A[3 * l + row] as number) * (A[3 * l + column] as number);
        return sum;
      });
      const {factor} = cholesky(matrix(3, 3, covariance));
      const entropy = 1.5 * (LOG_2PI + 1) + 0.5 * logDeterminant(factor);
      const {mean, sd} = momentsOf(density);
      closeTo(mean, -entropy, {atol: (4 * sd) / Math.sqrt(4000)});
      family.dispose();
    });
  }

  it('bends to a banana', async () => {
    const family = implicitFamily({dimension: 2, hidden: [32], scale: 0.5, noise: 0.02});
    const {importance} = await fitVariational(banana, {
      family,
      samples: 32,
      steps: 500,
      importance: {draws: 4000, pointsPerPass: 4000},
    });
    // The best uncorrelated Gaussian stays 0.32 below.
    expect(importance?.elbo.value).to.be.within(-0.15, 0.02);
    const theta = importance?.unconstrained.parameters.theta?.values ?? new Float64Array(0);
    const points = Array.from(
      {length: theta.length / 2},
      (_, s) => [theta[2 * s], theta[2 * s + 1]] as [number, number],
    );
    const heightWhere = (inside: (x: number) => boolean) =>
      momentsOf(points.filter(([x]) => inside(x)).map(([, y]) => y)).mean;
    closeTo(
      heightWhere((x) => Math.abs(x) < 0.5),
      0.04,
      {atol: 0.1},
    );
    expect(heightWhere((x) => Math.abs(x) > 1)).to.be.above(0.7);
    family.dispose();
  });

  it('is weighed only when told to, for its density is none', async () => {
    const family = implicitFamily({dimension: 2, hidden: [4], scale: 0.5});
    const settings = {family, samples: 4, steps: 2};
    expect(await fitVariational(banana, settings)).to.not.have.property('importance');
    expect(await fitVariational(banana, {...settings, importance: {draws: 50}})).to.have.property('importance');
    family.dispose();
  });

  it('draws the same for the same seed, leaves nothing behind and trains every variable', async () => {
    await expectNoLeak(async () => {
      const family = implicitFamily({dimension: 3, latent: 2, hidden: [6, 5]});
      shake(family.variables, 0.3);
      const draws = [7, 7, 8].map((seed) => family.draw(createRng(seed), 3));
      const [one, again, other] = await valuesOf(...draws.map(({theta}) => theta));
      await valuesOf(...draws.map(({logDensity}) => logDensity));
      expect(again).to.deep.equal(one);
      expect(other).to.not.deep.equal(one);
      expectEveryGradient(family);
      family.dispose();
    });
  });

  it('is saved and loaded bit for bit', async () => {
    const [saved, loaded] = [0, 1].map(() => implicitFamily({dimension: 2, hidden: [4]})) as [
      ReturnType<typeof implicitFamily>,
      ReturnType<typeof implicitFamily>,
    ];
    shake(saved.variables, 0.3);
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      await loadFamily(loaded, tf.io.fromMemory(artifacts));
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    });
    await saveFamily(saved, handler);
    const draws = [saved, loaded].map((family) => family.draw(createRng(3), 4));
    const [before, after] = await valuesOf(...draws.map(({theta}) => theta));
    await valuesOf(...draws.map(({logDensity}) => logDensity));
    expect(after).to.deep.equal(before);
    for (const family of [saved, loaded]) family.dispose();
  });

  it('refuses sizes that are none', () => {
    expect(() => implicitFamily({dimension: 0})).to.throw('implicitFamily: expected dimension');
    expect(() => implicitFamily({dimension: 2, latent: 3})).to.throw('at most 2 latent numbers, got 1 and 3');
    expect(() => implicitFamily({dimension: 2, hidden: []})).to.throw('at least one hidden layer');
    expect(() => implicitFamily({dimension: 2, hidden: [0]})).to.throw('implicitFamily: expected hidden[0]');
    expect(() => implicitFamily({dimension: 2, noise: 0})).to.throw('implicitFamily: expected noise');
  });
});
