import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {CholeskyDecomposition, Matrix as Oracle} from 'ml-matrix';
import {laplace} from '../../laplace/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';

const [EXAMPLES, FEATURES, NOISE, PRIOR] = [40, 3, 0.3, 1.7];

/** Bayesian linear regression y = w x + b + noise, whose posterior is known exactly. */
function linearProblem() {
  const rng = createRng(11);
  const inputs = Array.from({length: EXAMPLES}, () => Array.from(rng.normals(FEATURES)));
  const targets = inputs.map(
    ([a = 0, b = 0, c = 0]) => 0.8 * a - 0.5 * b + 0.1 * c + 0.4 + NOISE * (rng.normals(1)[0] as number),
  );
  const design = new Oracle(inputs.map((row) => [...row, 1]));
  const precision = design
    .transpose()
    .mmul(design)
    .div(NOISE ** 2)
    .add(Oracle.eye(FEATURES + 1).mul(PRIOR));
  const covariance = new CholeskyDecomposition(precision).solve(Oracle.eye(FEATURES + 1));
  const mean = covariance
    .mmul(design.transpose())
    .mmul(Oracle.columnVector(targets))
    .div(NOISE ** 2)
    .to1DArray();
  return {inputs, targets, design, precision, covariance, mean};
}

/** A Dense layer at the posterior mean: the weights that training with the prior as weight decay would find. */
function modelAt(mean: readonly number[]): tfl.LayersModel {
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [FEATURES]})]});
  tf.tidy(() => {
    model.setWeights([tf.tensor2d([...mean.slice(0, FEATURES)], [FEATURES, 1]), tf.tensor1d(mean.slice(FEATURES))]);
  });
  return model;
}

describe('laplace on a conjugate linear-Gaussian model', () => {
  const {inputs, targets, design, precision, covariance, mean} = linearProblem();
  const options = {likelihood: 'gaussian', noiseScale: NOISE, priorPrecision: PRIOR, structure: 'full'} as const;

  for (const weights of ['all', 'last-layer'] as const) {
    it(`is the exact posterior: covariance, evidence and predictive variance (${weights})`, async () => {
      const model = modelAt(mean);
      const [x, y] = [tf.tensor2d(inputs), tf.tensor2d(targets, [EXAMPLES, 1])];
      const posterior = await laplace(model, {...options, weights}).fit(x, y, {batchSize: 7});

      closeTo(posterior.weightVariances(), covariance.diagonal(), {rtol: 1e-5});
      // log N(y; 0, noise^2 I + X X^T / prior): exact, because the model is linear and Gaussian.
      const marginal = design
        .mmul(design.transpose())
        .div(PRIOR)
        .add(Oracle.eye(EXAMPLES).mul(NOISE ** 2));
      const cholesky = new CholeskyDecomposition(marginal);
      const logDeterminant = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
      const quadratic = Oracle.rowVector(targets)
        .mmul(cholesky.solve(Oracle.columnVector(targets)))
        .get(0, 0);
      const exact = -0.5 * (EXAMPLES * Math.log(2 * Math.PI) + logDeterminant + quadratic);
      closeTo(posterior.logMarginalLikelihood(), exact, {rtol: 1e-5});

      const xTest = tf.tensor2d([
        [0.2, -1, 2],
        [3, 0, -1],
      ]);
      const predictive = await posterior.predict(xTest);
      if (predictive.kind !== 'gaussian') throw new TypeError(`expected gaussian, got ${predictive.kind}`);
      const rows = new Oracle([
        [0.2, -1, 2, 1],
        [3, 0, -1, 1],
      ]);
      closeTo(await predictive.epistemicVariance.data(), rows.mmul(covariance).mmul(rows.transpose()).diagonal(), {
        rtol: 1e-5,
      });
      closeTo(await predictive.aleatoricVariance.data(), [NOISE ** 2, NOISE ** 2], {rtol: 1e-6});
      predictive.dispose();
      posterior.dispose();
      model.dispose();
      tf.dispose([x, y, xTest]);
    });
  }

  it('draws weights with the exact covariance, and functions that agree with them', async () => {
    const model = modelAt(mean);
    const [x, y] = [tf.tensor2d(inputs), tf.tensor2d(targets, [EXAMPLES, 1])];
    const posterior = await laplace(model, {...options, weights: 'all'}).fit(x, y);
    const draws = 4000;
    const rng = createRng(3);
    const second = Oracle.zeros(FEATURES + 1, FEATURES + 1);
    for (let s = 0; s < draws; s++) {
      const sample = posterior.sampleWeights(rng);
      const values = (await Promise.all(sample.map((tensor) => tensor.data()))).flatMap((part) => Array.from(part));
      tf.dispose(sample);
      const deviation = Oracle.columnVector(values.map((value, i) => value - (mean[i] as number)));
      second.add(deviation.mmul(deviation.transpose()));
    }
    const whitened = precision.mmul(second.div(draws)); // identity in expectation
    const bound = 5 * Math.sqrt(2 / draws) * 3; // five standard errors, times the condition of the whitening
    expect(
      Math.max(
        ...Oracle.sub(whitened, Oracle.eye(FEATURES + 1))
          .to1DArray()
          .map(Math.abs),
      ),
    ).to.be.below(bound);

    const outputs = await posterior.sampleOutputs(x, {samples: 2000, rng: createRng(4)});
    const {mean: center, variance} = tf.moments(outputs, 0);
    const {mean: f, covariance: exact} = posterior.linearized(x);
    const [sampleVariance, exactVariance] = [await variance.data(), await exact.data()];
    const ratio = Array.from(sampleVariance, (v, i) => v / (exactVariance[i] as number) - 1);
    expect(Math.max(...ratio.map(Math.abs))).to.be.below(5 * Math.sqrt(2 / 2000));
    closeTo(await center.data(), await f.data(), {atol: (5 * Math.sqrt(Math.max(...exactVariance))) / Math.sqrt(2000)});
    tf.dispose([x, y, outputs, center, variance, f, exact]);
    posterior.dispose();
    model.dispose();
  });

  it('estimates the noise as the root mean squared residual when none is given', async () => {
    const model = modelAt(mean);
    const [x, y] = [tf.tensor2d(inputs), tf.tensor2d(targets, [EXAMPLES, 1])];
    const posterior = await laplace(model, {likelihood: 'regression'}).fit(x, y);
    const residuals = design
      .mmul(Oracle.columnVector([...mean]))
      .to1DArray()
      .map((f, i) => f - (targets[i] as number));
    const expected = Math.sqrt(residuals.reduce((sum, r) => sum + r * r, 0) / EXAMPLES);
    closeTo(posterior.noiseScale as number, expected, {rtol: 1e-5});
    posterior.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });
});
