import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fitVbllHead, vbllPosterior, vbllRegression} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {cholesky, choleskyInverse, matMul, matrix, matVec, transpose} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const [N, D, SD, PRECISION] = [40, 4, 0.3, 2];

/** Features with some correlation, and targets of a linear function of them. */
function problem(): {phi: Float64Array; y: Float64Array} {
  const rng = createRng('conjugate');
  const phi = rng.normals(N * D);
  for (let n = 0; n < N; n++) phi[n * D + 1] = (phi[n * D + 1] as number) + 0.7 * (phi[n * D] as number);
  const noise = rng.normals(N);
  const y = noise.map((z, n) => SD * z + (phi[n * D] as number) - 0.5 * (phi[n * D + 2] as number));
  return {phi: phi.map(Math.fround), y: y.map(Math.fround)};
}

/** Bayesian linear regression in float64. */
function exact(phi: Float64Array, y: Float64Array): {mean: Float64Array; covariance: Float64Array} {
  const design = matrix(y.length, D, phi);
  const precision = matMul(transpose(design), design);
  for (let i = 0; i < D * D; i++) {
    precision.data[i] = (precision.data[i] as number) / SD ** 2 + (i % (D + 1) === 0 ? PRECISION : 0);
  }
  const covariance = choleskyInverse(cholesky(precision).factor);
  const mean = matVec(covariance, matVec(transpose(design), y)).map((value) => value / SD ** 2);
  return {mean, covariance: covariance.data};
}

const head = (covariance: 'dense' | 'dense-precision' | 'diagonal', trainSize = N) =>
  vbllRegression({units: 1, trainSize, covariance, noiseScale: SD, priorPrecision: PRECISION, seed: 1});

describe('VBLL regression on fixed features', () => {
  before(async () => {
    await initBackend();
  });

  it('reaches the exact conjugate posterior with a dense covariance', async () => {
    const {phi, y} = problem();
    const {mean, covariance} = exact(phi, y);
    const [x, targets] = [tf.tensor2d(Float32Array.from(phi), [N, D]), tf.tensor2d(Float32Array.from(y), [N, 1])];
    const posterior = await fitVbllHead((inputs) => tf.clone(inputs as tf.Tensor), x, targets, {
      head: head('dense'),
      epochs: 600,
      batchSize: N,
      learningRate: 0.05,
    });
    const eye = tf.eye(D);
    const predictive = await posterior.predict(eye);
    if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
    closeTo(await predictive.mean.data(), mean, {rtol: 1e-4, atol: 1e-4});
    const variances = Array.from({length: D}, (_, i) => covariance[i * (D + 1)] as number);
    closeTo(await predictive.epistemicVariance.data(), variances, {rtol: 1e-3});

    const draws = await posterior.sampleOutputs(eye, {samples: 4000, rng: createRng(3)});
    const values = await draws.data();
    for (let i = 0; i < D; i++) {
      for (let j = 0; j < D; j++) {
        let sum = 0;
        for (let s = 0; s < 4000; s++) {
          const [a, b] = [values[s * D + i] as number, values[s * D + j] as number];
          sum += ((a - (mean[i] as number)) * (b - (mean[j] as number))) / 4000;
        }
        const at = (p: number, q: number): number => covariance[p * D + q] as number;
        const error = Math.sqrt((at(i, i) * at(j, j) + at(i, j) ** 2) / 4000);
        closeTo(sum, at(i, j), {rtol: 1e-3, atol: 4.5 * error});
      }
    }
    predictive.dispose();
    posterior.dispose();
    tf.dispose([x, targets, eye, draws]);
  });

  it('has variance 1 / precision_ii with a diagonal one', async () => {
    const {phi, y} = problem();
    const [x, targets] = [tf.tensor2d(Float32Array.from(phi), [N, D]), tf.tensor2d(Float32Array.from(y), [N, 1])];
    const posterior = await fitVbllHead((inputs) => tf.clone(inputs as tf.Tensor), x, targets, {
      head: head('diagonal'),
      epochs: 600,
      batchSize: N,
      learningRate: 0.05,
    });
    const eye = tf.eye(D);
    const predictive = await posterior.predict(eye);
    if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
    const variances = Array.from({length: D}, (_, i) => {
      let sum = PRECISION;
      for (let n = 0; n < N; n++) sum += (phi[n * D + i] as number) ** 2 / SD ** 2;
      return 1 / sum;
    });
    closeTo(await predictive.epistemicVariance.data(), variances, {rtol: 1e-3});
    closeTo(await predictive.mean.data(), exact(phi, y).mean, {rtol: 1e-4, atol: 1e-4});
    predictive.dispose();
    posterior.dispose();
    tf.dispose([x, targets, eye]);
  });

  it('updates exactly: one by one, in parts or at once', async () => {
    const {phi, y} = problem();
    const {mean, covariance} = exact(phi, y);
    for (const parts of [1, 3, N]) {
      const model = tfl.sequential({layers: [vbllRegression({...priorOptions(), inputShape: [D]})]});
      setToPrior(model);
      const posterior = vbllPosterior(model);
      for (let p = 0; p < parts; p++) {
        const [from, to] = [Math.floor((p * N) / parts), Math.floor(((p + 1) * N) / parts)];
        const x = tf.tensor2d(Float32Array.from(phi.subarray(from * D, to * D)), [to - from, D]);
        const targets = tf.tensor2d(Float32Array.from(y.subarray(from, to)), [to - from, 1]);
        await posterior.update(x, targets);
        tf.dispose([x, targets]);
      }
      const eye = tf.eye(D);
      const predictive = await posterior.predict(eye);
      if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
      closeTo(await predictive.mean.data(), mean, {rtol: 2e-5, atol: 2e-6});
      const variances = Array.from({length: D}, (_, i) => covariance[i * (D + 1)] as number);
      closeTo(await predictive.epistemicVariance.data(), variances, {rtol: 2e-5});
      predictive.dispose();
      eye.dispose();
      model.dispose();
    }
  });
});

function priorOptions() {
  return {
    units: 1,
    trainSize: N,
    covariance: 'dense-precision',
    noiseScale: SD,
    priorPrecision: PRECISION,
  } as const;
}

/** Puts q of the model's only layer at the prior. */
function setToPrior(model: tfl.LayersModel): void {
  tf.tidy(() => {
    const logDiagonal = tf.fill([1, D], 0.5 * Math.log(PRECISION));
    model.setWeights([tf.zeros([D, 1]), logDiagonal, tf.zeros([1, D, D]), tf.fill([1], Math.log(SD))]);
  });
}
