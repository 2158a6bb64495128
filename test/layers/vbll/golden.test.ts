import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  vbllClassification,
  vbllGenerativeClassification,
  vbllHeteroscedasticClassification,
  vbllHeteroscedasticRegression,
  vbllRegression,
  vbllStudentTClassification,
  vbllStudentTRegression,
} from '../../../layers/index.ts';
import {closeTo} from '../../support/close.ts';
import {
  covarianceOf,
  gaussianTensors,
  goldenCases,
  goldenFeatures,
  goldenRows,
  goldenTargets,
  setHeadWeights,
  totalLoss,
} from './golden-case.ts';

const REFERENCE = {trainSize: 4, rank: 2, objective: 'reference'} as const;

describe('VBLL golden values under the reference objective', () => {
  for (const row of goldenCases('Regression')) {
    it(`regression, ${row.covariance}, ${row.outputs} outputs`, async () => {
      const head = vbllRegression({
        ...REFERENCE,
        units: row.outputs,
        covariance: covarianceOf(row),
        priorPrecision: 3,
        wishartScale: 0.1,
      });
      const [phi, y] = [goldenFeatures(), goldenTargets(row.outputs)];
      tf.tidy(() => {
        const noise = tf.tensor1d(row.weights.noise_logdiag as number[]);
        setHeadWeights(head, phi, [noise, ...gaussianTensors(row, 'W')]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 3e-6});

      const moments = head.moments(phi);
      const predictive = head.predictive(moments, {});
      if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
      const {mean, variance} = await predictive.toArrays();
      closeTo(mean.data, row.mean.flat(), {rtol: 1e-6, atol: 1e-7});
      closeTo(
        variance.data,
        row.deviation.flat().map((sd) => sd * sd),
        {rtol: 5e-6},
      );
      const logProb = predictive.logProb(y);
      const validation = -Array.from(await logProb.data()).reduce((sum, value) => sum + value / 4, 0);
      closeTo(validation, row.validation, {rtol: 3e-6});
      predictive.dispose();
      tf.dispose([phi, y, moments, logProb]);
      head.dispose();
    });
  }

  for (const row of goldenCases('tRegression')) {
    it(`Student-t regression, ${row.outputs} outputs`, async () => {
      const head = vbllStudentTRegression({
        ...REFERENCE,
        units: row.outputs,
        priorPrecision: 1.5,
        dof: 3,
        wishartScale: 0.5,
      });
      const [phi, y] = [goldenFeatures(), goldenTargets(row.outputs)];
      tf.tidy(() => {
        const noise = ['noise_log_dof', 'noise_log_rate'].map((name) => tf.tensor1d(row.weights[name] as number[]));
        setHeadWeights(head, phi, [...gaussianTensors(row, 'W'), ...noise]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 5e-6});
      const moments = head.moments(phi);
      const predictive = head.predictive(moments, {});
      closeTo(await predictive.mean.data(), row.mean.flat(), {rtol: 2e-6, atol: 1e-7});
      expect(new Set(await predictive.dfs.data())).to.deep.equal(new Set(row.dof.flat().map(Math.fround)));
      const squares = tf.tidy(() => tf.add(predictive.aleatoricSquaredScales, predictive.epistemicSquaredScales));
      closeTo(
        await squares.data(),
        row.scale.flat().map((scale) => scale ** 2),
        {rtol: 5e-6},
      );
      const logProb = predictive.logProb(y);
      const validation = -Array.from(await logProb.data()).reduce((sum, value) => sum + value / 4, 0);
      closeTo(validation, row.validation, {rtol: 5e-6});
      predictive.dispose();
      tf.dispose([phi, y, moments, squares, logProb]);
      head.dispose();
    });
  }

  for (const row of goldenCases('HetRegression')) {
    it('heteroscedastic regression', async () => {
      const head = vbllHeteroscedasticRegression({...REFERENCE, units: 1, priorPrecision: 3, noisePriorPrecision: 300});
      const [phi, y] = [goldenFeatures(), goldenTargets(1)];
      tf.tidy(() => setHeadWeights(head, phi, [...gaussianTensors(row, 'W'), ...gaussianTensors(row, 'M')]));
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 5e-6});
      tf.dispose([phi, y]);
      head.dispose();
    });
  }

  for (const row of goldenCases('tDiscClassification')) {
    it(`Student-t classification, ${row.covariance}`, async () => {
      const options = {...REFERENCE, units: 3, covariance: covarianceOf(row), priorPrecision: 1.5};
      const head = vbllStudentTClassification(options);
      const [phi, y] = [goldenFeatures(), goldenRows()];
      tf.tidy(() => {
        const [shapes, rates] = ['noise_log_dof', 'noise_log_rate'].map((name) =>
          tf.tensor1d(row.weights[name] as number[]),
        ) as [tf.Tensor, tf.Tensor];
        const excess = tf.log(tf.sub(tf.exp(shapes), 1)); // ours keeps the shape above 1
        setHeadWeights(head, phi, [...gaussianTensors(row, 'W'), tf.tensor1d(row.weights.alpha ?? []), excess, rates]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 5e-6});
      tf.dispose([phi, y]);
      head.dispose();
    });
  }

  for (const row of goldenCases('HetClassification')) {
    it(`heteroscedastic classification, ${row.covariance}`, async () => {
      const head = vbllHeteroscedasticClassification({
        ...REFERENCE,
        units: 3,
        covariance: covarianceOf(row),
        priorPrecision: 3,
        noisePriorPrecision: 300,
      });
      const [phi, y] = [goldenFeatures(), goldenRows()];
      tf.tidy(() => {
        const tilt = tf.tensor1d(row.weights.alpha as number[]);
        setHeadWeights(head, phi, [...gaussianTensors(row, 'W'), tilt, ...gaussianTensors(row, 'M')]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 5e-6});
      tf.dispose([phi, y]);
      head.dispose();
    });
  }

  for (const row of goldenCases('DiscClassification')) {
    it(`classification, ${row.covariance}`, async () => {
      const head = vbllClassification({...REFERENCE, units: 3, covariance: covarianceOf(row), priorPrecision: 1.5});
      const [phi, y] = [goldenFeatures(), goldenRows()];
      tf.tidy(() => {
        const noise = tf.tensor1d(row.weights.noise_logdiag as number[]);
        setHeadWeights(head, phi, [noise, ...gaussianTensors(row, 'W')]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 3e-6});

      // The moments carry the noise folded in: undone, they are the authors' mean and variance of the logits.
      const [mean, variance] = tf.tidy(() => {
        const noise = head.noise.variance();
        const shrink = tf.rsqrt(tf.add(tf.mul(noise, Math.PI / 8), 1));
        const moments = head.moments(phi);
        return [
          tf.div(moments.mean as tf.Tensor, shrink),
          tf.add(tf.div(moments.variance as tf.Tensor, tf.square(shrink)), noise),
        ];
      }) as [tf.Tensor, tf.Tensor];
      closeTo(await mean.data(), row.mean.flat(), {rtol: 1e-6, atol: 1e-6});
      closeTo(await variance.data(), row.variance.flat(), {rtol: 5e-6});
      tf.dispose([phi, y, mean, variance]);
      head.dispose();
    });
  }

  for (const row of goldenCases('GenClassification')) {
    it('generative classification', async () => {
      const head = vbllGenerativeClassification({...REFERENCE, units: 3});
      const [phi, y] = [goldenFeatures(), goldenRows()];
      tf.tidy(() => {
        const noise = tf.tensor1d(row.weights.noise_logdiag as number[]);
        setHeadWeights(head, phi, [noise, ...gaussianTensors(row, 'mu')]);
      });
      closeTo(await totalLoss(head, phi, y), row.loss, {rtol: 5e-6});
      const moments = head.moments(phi);
      const predictive = head.predictive(moments, {});
      if (predictive.kind !== 'categorical') throw new Error(predictive.kind);
      closeTo(await predictive.probs.data(), row.probs.flat(), {rtol: 2e-5});
      expect((await predictive.probs.data()).length).to.equal(12);
      predictive.dispose();
      tf.dispose([phi, y, moments]);
      head.dispose();
    });
  }
});
