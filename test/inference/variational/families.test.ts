import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {inverseAutoregressiveFlow, planarFlow} from '../../../inference/flows/index.ts';
import type {GaussianFamily} from '../../../inference/variational/family.ts';
import {
  flowFamily,
  fullRank,
  loadFamily,
  lowRank,
  meanField,
  saveFamily,
  type VariationalFamily,
} from '../../../inference/variational/index.ts';
import {FormatError, ModelMismatchError} from '../../../src/errors.ts';
import {fromArtifacts, toArtifacts} from '../../../src/io/index.ts';
import {cholesky, choleskyInverse, fromRows, logDeterminant, matVec} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const MEAN = [1, -2, 0.5];
const COVARIANCE = fromRows([
  [1, 0.6, -0.3],
  [0.6, 2, 0.1],
  [-0.3, 0.1, 0.5],
]);

const gaussians: Record<string, () => GaussianFamily> = {
  'mean-field': () => meanField({dimension: 3, mean: MEAN, scale: 0.7}),
  'full-rank': () => fullRank({dimension: 3, mean: MEAN, covariance: COVARIANCE}),
  'low-rank': () => lowRank({dimension: 3, rank: 2, mean: MEAN, scale: 0.7}),
};
const families: Record<string, () => VariationalFamily> = {
  ...gaussians,
  flow: () =>
    flowFamily(inverseAutoregressiveFlow({dimension: 3, hidden: [8]}), {
      around: {mean: Float64Array.from(MEAN), covariance: COVARIANCE},
    }),
};

/** Small steps of all trained variables, as an optimizer takes them. */
function push(family: VariationalFamily): void {
  const rng = createRng('push');
  tf.tidy(() => {
    for (const variable of family.variables) {
      const values = rng.normals(variable.size).map((value) => 0.05 * value);
      variable.assign(tf.add(variable, tf.tensor(Float32Array.from(values), variable.shape)));
    }
  });
}

/** log N(x; mean, covariance) in float64. */
function normalLogDensity(x: Float64Array, {mean, covariance}: Awaited<ReturnType<GaussianFamily['moments']>>): number {
  const {factor} = cholesky(covariance);
  const residual = x.map((value, i) => value - (mean[i] as number));
  const squares = matVec(choleskyInverse(factor), residual).reduce(
    (sum, value, i) => sum + value * (residual[i] as number),
    0,
  );
  return -0.5 * (squares + logDeterminant(factor) + x.length * Math.log(2 * Math.PI));
}

describe('variational families', () => {
  for (const [name, make] of Object.entries(families)) {
    it(`${name}: one density, whether drawn or evaluated`, async () => {
      const family = make();
      push(family);
      await family.frame?.settle();
      await expectNoLeak(async () => {
        const {theta, logDensity} = family.draw(createRng(3), 20);
        const evaluated = family.logDensity?.(theta) as tf.Tensor1D;
        expect(theta.shape).to.deep.equal([20, 3]);
        closeTo(await evaluated.data(), await logDensity.data(), {rtol: 1e-4, atol: 1e-4});
        tf.dispose([theta, logDensity, evaluated]);
      });
      family.dispose();
    });

    it(`${name}: the same draws from the same seed, others from another`, async () => {
      const family = make();
      const [a, b, c] = [1, 1, 2].map((seed) => family.draw(createRng(seed), 4).theta) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      expect(await a.data()).to.deep.equal(await b.data());
      expect(await a.data()).to.not.deep.equal(await c.data());
      family.dispose();
    });

    it(`${name}: saved and loaded bit for bit, and disposed whole`, async () => {
      await expectNoLeak(async () => {
        const [family, other] = [make(), make()];
        push(family);
        await family.frame?.settle();
        let artifacts: tf.io.ModelArtifacts | undefined;
        await saveFamily(
          family,
          tf.io.withSaveHandler(async (saved) => {
            artifacts = saved;
            return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved)};
          }),
        );
        await loadFamily(other, tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
        const [a, b] = [family, other].map((each) => each.draw(createRng(1), 4)) as [
          ReturnType<typeof family.draw>,
          ReturnType<typeof family.draw>,
        ];
        expect(await a.theta.data()).to.deep.equal(await b.theta.data());
        expect(await a.logDensity.data()).to.deep.equal(await b.logDensity.data());
        const stranger = meanField({dimension: 2});
        const wrong = loadFamily(stranger, tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
        await expectRejection(wrong, ModelMismatchError, /loadFamily: expected a family saved as/);
        tf.dispose([a.theta, a.logDensity, b.theta, b.logDensity]);
        for (const each of [family, other, stranger]) each.dispose();
      });
    });
  }

  for (const [name, make] of Object.entries(gaussians)) {
    it(`${name}: the moments are those of its draws, its density is that of its moments, and settling changes neither`, async () => {
      const family = make();
      push(family);
      const before = await family.moments();
      const pushed = family.draw(createRng(5), 6);
      await family.frame?.settle();
      const moments = await family.moments();
      closeTo(moments.mean, before.mean, {rtol: 1e-5, atol: 1e-6});
      closeTo(moments.covariance.data, before.covariance.data, {rtol: 1e-5, atol: 1e-6});
      for (const variable of family.variables.slice(0, 2)) {
        expect(
          (await variable.data()).every((value) => value === 0),
          'at 0',
        ).to.equal(true);
      }
      const settled = family.draw(createRng(5), 6);
      closeTo(await settled.theta.data(), await pushed.theta.data(), {rtol: 1e-4, atol: 1e-5});
      closeTo(await settled.logDensity.data(), await pushed.logDensity.data(), {rtol: 1e-5, atol: 1e-5});
      const theta = Float64Array.from(await settled.theta.data());
      const exact = Array.from({length: 6}, (_, s) => normalLogDensity(theta.subarray(3 * s, 3 * s + 3), moments));
      closeTo(await settled.logDensity.data(), exact, {rtol: 1e-5, atol: 1e-4});
      const count = 40_000;
      const draws = await family.draw(createRng(6), count).theta.data();
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j <= i; j++) {
          const [a, b] = [moments.mean[i] as number, moments.mean[j] as number];
          let sum = 0;
          for (let s = 0; s < count; s++)
            sum += ((draws[3 * s + i] as number) - a) * ((draws[3 * s + j] as number) - b);
          const at = (r: number, c: number) => moments.covariance.data[3 * r + c] as number;
          const error = Math.sqrt((at(i, i) * at(j, j) + at(i, j) ** 2) / count);
          expect(Math.abs(sum / count - at(i, j)), `covariance ${i}, ${j}`).to.be.below(4 * error);
        }
      }
      family.dispose();
    });
  }

  it('a flow without an inverse has no density of its own, one with a context is refused', () => {
    const family = flowFamily(planarFlow({dimension: 2}));
    expect(family.logDensity).to.equal(undefined);
    family.dispose();
    expect(() => flowFamily(inverseAutoregressiveFlow({dimension: 2, contextDimension: 1}))).to.throw(
      /without context/,
    );
  });

  it('a saved family is not loaded into one made otherwise, nor one of another version', async () => {
    const flow = () => inverseAutoregressiveFlow({dimension: 3, hidden: [8]});
    const [put, free] = [
      flowFamily(flow(), {around: {mean: Float64Array.from(MEAN), covariance: COVARIANCE}}),
      flowFamily(flow()),
    ];
    let artifacts: tf.io.ModelArtifacts = {};
    await saveFamily(
      put,
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved)};
      }),
    );
    const elsewhere = loadFamily(free, tf.io.fromMemory(artifacts));
    await expectRejection(elsewhere, ModelMismatchError, /"around":false.*got .*"around":true/);
    const newer = toArtifacts({...fromArtifacts(artifacts, 'test'), version: 2});
    await expectRejection(loadFamily(put, tf.io.fromMemory(newer)), FormatError, /of version 1, got '.* 2'/);
    for (const family of [put, free]) family.dispose();
  });

  it('says what is wrong with its options', () => {
    expect(() => meanField({dimension: 0})).to.throw(
      'meanField: expected dimension to be a whole number from 1 on, got 0',
    );
    expect(() => lowRank({dimension: 2, rank: 1.5})).to.throw('lowRank: expected rank');
    expect(() => fullRank({dimension: 2, scale: -1})).to.throw(
      'fullRank: expected scale to be a positive number, got -1',
    );
    expect(() => fullRank({dimension: 2, mean: [1]})).to.throw('fullRank: expected a mean of 2 finite numbers, got 1');
    expect(() => fullRank({dimension: 2, covariance: COVARIANCE})).to.throw(
      /covariance of shape \[2, 2\], got \[3, 3\]/,
    );
  });
});
