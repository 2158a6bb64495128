import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import type {FamilyChoice, WeightFamily} from '../../../../layers/variational/families/index.ts';
import {eigenvalues} from '../../../../src/linalg/index.ts';
import {gaussianPrior, studentTPrior} from '../../../../src/priors/index.ts';
import {createRng} from '../../../../src/random/index.ts';
import {closeTo} from '../../../support/close.ts';
import {onEachBackend} from '../../../support/each-backend.ts';
import {expectNoLeak} from '../../../support/leaks.ts';
import {disposeFamily, familyAt, noiseColumns, numbers, perturb} from './support.ts';

const SHAPE = [3, 2];
const MEANS = [0.4, -0.2, 0.1, 0.7, -0.5, 0.3];
const SCALES = [0.1, 0.2, 0.3, 0.15, 0.05, 0.4];

interface Row {
  name: string;
  choice: FamilyChoice;
  gaussian: boolean;
  independent: boolean;
  /** Parameters: suffix and shape. */
  variables: Record<string, number[]>;
}

const rows: Row[] = [
  {name: 'mean-field', choice: 'mean-field', gaussian: true, independent: true, variables: {mean: SHAPE, rho: SHAPE}},
  {
    name: 'full',
    choice: 'full',
    gaussian: true,
    independent: false,
    variables: {mean: SHAPE, rho: SHAPE, below: [6, 6]},
  },
  {
    name: 'matrix-normal',
    choice: {kind: 'matrix-normal'},
    gaussian: true,
    independent: false,
    variables: {mean: SHAPE, row_rho: [3], row_below: [3, 3], column_rho: [2], column_below: [2, 2]},
  },
  {
    name: 'low-rank',
    choice: {kind: 'low-rank', rank: 3},
    gaussian: true,
    independent: false,
    variables: {mean: SHAPE, rho: SHAPE, factor: [3, 6]},
  },
  {name: 'radial', choice: 'radial', gaussian: false, independent: false, variables: {mean: SHAPE, rho: SHAPE}},
  {
    name: 'rank-1',
    choice: {kind: 'rank-1', factorScale: 0.5},
    gaussian: false,
    independent: false,
    variables: {mean: SHAPE, input_mean: [3, 1], input_rho: [3, 1], output_mean: [2], output_rho: [2]},
  },
  {name: 'deterministic', choice: 'deterministic', gaussian: true, independent: true, variables: {mean: SHAPE}},
];
const withDensity = rows.filter(({name}) => name !== 'deterministic');

onEachBackend(() => {
  for (const row of rows) {
    describe(`family ${row.name}`, () => {
      let family: WeightFamily;
      const prior = gaussianPrior({mean: 0.1, scale: 0.6});

      before(() => {
        family = perturb(familyAt(row.choice, SHAPE, MEANS, SCALES));
      });
      after(() => disposeFamily(family));

      it('has the parameters and the properties that it claims', () => {
        const found = family.variables.map((variable) => [variable.originalName, variable.shape]);
        expect(Object.fromEntries(found)).to.deep.equal(row.variables);
        expect([family.gaussian, family.independent]).to.deep.equal([row.gaussian, row.independent]);
        expect(family.shape).to.deep.equal(SHAPE);
        expect(family.closedForm(prior)).to.equal(true);
      });

      it('starts at the mean and, in the mean over the weights, at the variances asked for', async () => {
        const start = familyAt(row.choice, SHAPE, MEANS, 0.05);
        closeTo(await numbers(start.mean()), MEANS, {rtol: 1e-6});
        const variances = await numbers(start.variance());
        const average = variances.reduce((sum, value) => sum + value / 6, 0);
        closeTo(average, row.name === 'deterministic' ? 0 : 0.0025, {rtol: 1e-5});
        if (row.name !== 'rank-1')
          closeTo(
            variances,
            variances.map(() => average),
            {rtol: 1e-5},
          );
        disposeFamily(start);
      });

      it('draws through `draw` what `sample` draws', async () => {
        const expected = await numbers(family.sample(createRng(3)));
        const again = perturb(familyAt(row.choice, SHAPE, MEANS, SCALES));
        const values = again.draw(createRng(3));
        expect(values.length).to.equal(again.drawn.length);
        again.drawn.forEach((variable, i) => {
          expect(again.variables).to.include(variable);
          variable.write(values[i] as tf.Tensor);
        });
        closeTo(await numbers(again.mean()), expected, {rtol: 1e-6, atol: 1e-7});
        tf.dispose(values);
        disposeFamily(again);
      });

      it('is seeded and gives tensors of its own, leaking none', () =>
        expectNoLeak(async () => {
          const first = await numbers(family.sample(createRng(1)));
          expect(await numbers(family.sample(createRng(1)))).to.deep.equal(first);
          if (row.name !== 'deterministic') {
            expect(await numbers(family.sample(createRng(2)))).to.not.deep.equal(first);
          }
          for (const read of [() => family.mean(), () => family.variance(), () => family.sample(createRng(1))]) {
            const value = read();
            expect(value.shape).to.deep.equal(SHAPE);
            value.dispose();
          }
          family.klDivergence(prior, createRng(1)).dispose();
          family.klDivergence(studentTPrior(), createRng(1)).dispose();
          expect(family.variables.some((variable) => variable.read().isDisposed)).to.equal(false);
        }));

      it('has gradients in every parameter that agree with differences', async () => {
        const weights = tf.tensor([1, -2, 3, 0.5, -1, 2], SHAPE);
        const loss = () =>
          tf.tidy(() => {
            const w = family.sample(createRng(5));
            const variance = tf.mul(tf.sum(tf.sqrt(tf.add(family.variance(), 0.01))), 0.7);
            const kl = family.klDivergence(prior, createRng(6));
            return tf.add(tf.add(tf.sum(tf.mul(weights, tf.square(w))), variance), kl) as tf.Scalar;
          });
        const parameters = family.variables.map((variable) => variable.read() as tf.Variable);
        const {value, grads} = tf.variableGrads(loss, parameters);
        value.dispose();
        for (const [i, variable] of family.variables.entries()) {
          const slope = await numbers(grads[(parameters[i] as tf.Variable).name] as tf.Tensor);
          const length = Math.hypot(...slope);
          expect(length, variable.originalName).to.be.greaterThan(1e-3);
          // Along the gradient itself the derivative is its length.
          const direction = tf.tensor(
            slope.map((v) => v / length),
            variable.shape as number[],
          );
          const step = async (by: number): Promise<number> => {
            const former = tf.clone(variable.read());
            const moved = tf.tidy(() => tf.add(former, tf.mul(direction, by)));
            variable.write(moved);
            const [result] = await numbers(loss());
            variable.write(former);
            tf.dispose([former, moved]);
            return result as number;
          };
          closeTo(((await step(0.01)) - (await step(-0.01))) / 0.02, length, {rtol: 5e-3});
          direction.dispose();
        }
        weights.dispose();
      });
    });
  }

  for (const row of withDensity.filter(({gaussian}) => gaussian)) {
    it(`family ${row.name}: its draws have the covariance that its variance, entropy and KL divergence speak of`, async () => {
      const family = perturb(familyAt(row.choice, SHAPE, MEANS, SCALES));
      const columns = await noiseColumns(family);
      const covariance = new Float64Array(36);
      for (const column of columns) {
        for (let i = 0; i < 36; i++) {
          covariance[i] = (covariance[i] as number) + (column[Math.floor(i / 6)] as number) * (column[i % 6] as number);
        }
      }
      const diagonal = Array.from({length: 6}, (_, i) => covariance[7 * i] as number);
      closeTo(await numbers(family.variance()), diagonal, {rtol: 1e-5});
      const offDiagonal = covariance.some((value, i) => i % 7 !== 0 && Math.abs(value) > 1e-4);
      expect(offDiagonal).to.equal(!row.independent);
      const values = eigenvalues({data: covariance, rows: 6, cols: 6});
      const logDeterminant = values.reduce((sum, value) => sum + Math.log(value), 0);
      const [m, s] = [0.1, 0.6];
      const mean = await numbers(family.mean());
      const moments = diagonal.reduce((sum, v, i) => sum + v + ((mean[i] as number) - m) ** 2, 0);
      const kl = (moments / s ** 2 - 6 + 12 * Math.log(s) - logDeterminant) / 2;
      closeTo(await numbers(family.klDivergence(gaussianPrior({mean: m, scale: s}), createRng(1))), [kl], {rtol: 1e-5});
      disposeFamily(family);
    });
  }
});
