import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type GaussianProcess, gaussianProcess, sngp} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {cholesky, choleskyInverse, matrix, matVec} from '../../../src/linalg/index.ts';
import {auroc} from '../../../src/metrics/index.ts';
import type {CategoricalPredictive, GaussianPredictive} from '../../../src/predictive/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';

const N = 30;
const M = 20;

async function rowsOf(tensor: tf.Tensor): Promise<Float64Array[]> {
  const width = tensor.shape.at(-1) as number;
  const data = Float64Array.from(await tensor.data());
  return Array.from({length: data.length / width}, (_, i) => data.slice(i * width, (i + 1) * width));
}

/** phi^T (precision I + sum weight phi phi^T)^-1 phi of each row of `at`. */
function denseVariances(phi: Float64Array[], weights: number[], prior: number, at: Float64Array[]): number[] {
  const precision = matrix(M, M);
  for (let i = 0; i < M; i++) precision.data[i * M + i] = prior;
  phi.forEach((row, n) => {
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < M; j++) {
        const k = i * M + j;
        precision.data[k] =
          (precision.data[k] as number) + (weights[n] as number) * (row[i] as number) * (row[j] as number);
      }
    }
  });
  const covariance = choleskyInverse(cholesky(precision).factor);
  return at.map((row) => matVec(covariance, row).reduce((sum, value, i) => sum + value * (row[i] as number), 0));
}

describe('sngp', () => {
  before(async () => {
    await initBackend();
  });

  it('approximates the squared-exponential kernel by orthogonal random features', async () => {
    const layer = gaussianProcess({units: 1, trainSize: 1, features: 2048, lengthScale: 0.7, seed: 1});
    layer.build([null, 3]);
    const points = tf.tensor2d([
      [0, 0, 0],
      [0.3, -0.2, 0.1],
      [1, 0.5, -0.4],
    ]);
    const kernel = tf.tidy(() => {
      const phi = layer.randomFeatures(points);
      return tf.matMul(phi, phi, false, true);
    });
    const squares = [
      [0, 0.14, 1.41],
      [0.14, 0, 1.23],
      [1.41, 1.23, 0],
    ];
    closeTo(
      await kernel.data(),
      squares.flat().map((d) => Math.exp(-d / (2 * 0.49))),
      {rtol: 0, atol: 0.06},
    );

    const directions = (await layer.getWeights()[1]?.array()) as number[][];
    const column = (k: number) => directions.map((row) => row[k] as number);
    const product = (a: number, b: number) => column(a).reduce((sum, v, i) => sum + v * (column(b)[i] as number), 0);
    closeTo([product(0, 1), product(0, 2), product(1, 2)], [0, 0, 0], {rtol: 0, atol: 1e-5});
    expect(Math.abs(product(0, 3))).to.be.above(1e-3);
    tf.dispose([points, kernel]);
  });

  it('is exact Bayesian linear regression on its features where the noise is known', async () => {
    const head = gaussianProcess({units: 1, trainSize: N, features: M, priorPrecision: 2, seed: 2, inputShape: [2]});
    const model = tfl.sequential({layers: [head]});
    const x = tf.randomNormal([N, 2], 0, 1, 'float32', 1) as tf.Tensor2D;
    const y = tf.tidy(() => tf.sin(tf.sum(x, 1, true)));
    const [phi, targets] = [await rowsOf(head.randomFeatures(x)), Float64Array.from(await y.data())];
    const posterior = await sngp(model, {likelihood: gaussian({noiseScale: 0.5})}).fit(x, y, {batchSize: 7});
    const predictive = (await posterior.predict(x)) as GaussianPredictive;
    const expected = denseVariances(phi, new Array<number>(N).fill(4), 2, phi);
    closeTo(await predictive.epistemicVariance.data(), expected, {rtol: 1e-4});
    closeTo(await predictive.aleatoricVariance.data(), new Array<number>(N).fill(0.25), {rtol: 1e-6});

    const draws = await posterior.sampleOutputs(x, {samples: 600});
    const {variance} = tf.moments(draws, 0);
    closeTo(await variance.data(), expected, {rtol: 0.3}); // five standard errors

    // The maximum of the posterior is where the loss of the likelihood and the layer's own together are least.
    const loss = () =>
      tf.tidy(() => {
        const data = tf.mul(gaussian({noiseScale: 0.5}).loss(y, model.apply(x, {training: true}) as tf.Tensor), N);
        return tf.add(data, tf.mul(head.calculateLosses()[0] as tf.Scalar, N)) as tf.Scalar;
      });
    const b = new Float64Array(M);
    for (const [n, row] of phi.entries()) {
      for (const [i, value] of row.entries()) b[i] = (b[i] as number) + 4 * value * (targets[n] as number);
    }
    const {grads} = tf.variableGrads(loss, [head.weights2d as unknown as tf.Variable]);
    closeTo(
      await (Object.values(grads)[0] as tf.Tensor).data(),
      b.map((value) => -value),
      {rtol: 1e-4, atol: 1e-4},
    ); // at weights 0
    tf.dispose([x, y, draws, variance, grads]);
    predictive.dispose();
    posterior.dispose();
  });

  it('weighs examples by p (1 - p) for each class, and predicts mean-field logits', async () => {
    const head = gaussianProcess({units: 3, trainSize: N, features: M, seed: 3, inputShape: [2]});
    const model = tfl.sequential({layers: [head, tfl.layers.activation({activation: 'softmax'})]});
    const x = tf.randomNormal([N, 2], 0, 1, 'float32', 1) as tf.Tensor2D;
    const y = tf.tensor1d(
      Array.from({length: N}, (_, i) => i % 3),
      'int32',
    );
    tf.tidy(() => head.setWeights([tf.randomNormal([M, 3], 0, 2, 'float32', 3), ...head.getWeights().slice(1)]));
    const posterior = await sngp(model).fit(x, y, {batchSize: 11});
    const predictive = (await posterior.predict(x)) as CategoricalPredictive;
    const [phi, probs] = [await rowsOf(head.randomFeatures(x)), await rowsOf(model.predict(x) as tf.Tensor)];
    const logits = await rowsOf(head.apply(x) as tf.Tensor);
    const variances = [0, 1, 2].map((k) =>
      denseVariances(
        phi,
        probs.map((row) => (row[k] as number) * (1 - (row[k] as number))),
        1,
        phi,
      ),
    );
    const expected = logits.map((row, n) => {
      const scaled = Array.from(row, (z, k) =>
        Math.exp(z / Math.sqrt(1 + (Math.PI / 8) * ((variances[k] as number[])[n] as number))),
      );
      const total = scaled.reduce((sum, value) => sum + value, 0);
      return scaled.map((value) => value / total);
    });
    closeTo(await predictive.probs.data(), expected.flat(), {rtol: 1e-4});
    closeTo(
      await posterior.oodScore(x),
      phi.map((_, n) => variances.reduce((sum, v) => sum + (v[n] as number) / 3, 0)),
      {rtol: 1e-4},
    );
    predictive.dispose();
    posterior.dispose();
    tf.dispose([x, y]);
  });

  it('takes the noise from its data where the likelihood is named only', async () => {
    const head = gaussianProcess({units: 1, trainSize: N, features: M, seed: 2, inputShape: [2]});
    const [x, y] = [tf.ones([4, 2]), tf.tensor2d([[1], [2], [3], [-4]])]; // weights 0 predict 0
    const posterior = await sngp(tfl.sequential({layers: [head]}), {likelihood: 'gaussian'}).fit(x, y);
    closeTo([posterior.likelihood.noiseScale as number], [Math.sqrt(30 / 4)], {rtol: 1e-6});
    posterior.dispose();
    tf.dispose([x, y]);
  });

  it('tells outliers from data after training, and is saved with the model', async () => {
    const x = tf.randomNormal([100, 2], 0, 1, 'float32', 4) as tf.Tensor2D;
    const outliers = tf.add(tf.randomNormal([50, 2], 0, 1, 'float32', 5), 6) as tf.Tensor2D;
    const y = tf.cast(tf.greater(tf.slice(x, [0, 0], [100, 1]), 0), 'float32');
    const head = gaussianProcess({units: 1, trainSize: 100, features: 64, seed: 1, inputShape: [2]});
    const model = tfl.sequential({layers: [head, tfl.layers.activation({activation: 'sigmoid'})]});
    model.compile({optimizer: tf.train.adam(0.1), loss: 'binaryCrossentropy'});
    await model.fit(x, y, {epochs: 1, verbose: 0});
    await expectNoLeak(() => model.fit(x, y, {epochs: 15, verbose: 0, shuffle: false}));
    const posterior = await sngp(model).fit(x, y);
    const scores = [...(await posterior.oodScore(x)), ...(await posterior.oodScore(outliers))];
    expect(
      auroc(
        scores,
        scores.map((_, i) => i >= 100),
      ),
    ).to.be.above(0.97);
    for (const copy of await roundTrip(model)) {
      closeTo(await (copy.predict(x) as tf.Tensor).data(), await (model.predict(x) as tf.Tensor).data(), {rtol: 0});
    }
    posterior.dispose();
    tf.dispose([x, y, outliers]);
  });

  it('works on sequences, and by symbols', async () => {
    const head = gaussianProcess({units: 2, trainSize: 5, features: M, seed: 2});
    const symbol = head.apply(tfl.input({shape: [4, 3]})) as tfl.SymbolicTensor;
    expect(symbol.shape).to.deep.equal([null, 4, 2]);
    const model = tfl.sequential({
      layers: [gaussianProcess({units: 2, trainSize: 5, features: M, inputShape: [4, 3]})],
    });
    const [x, y] = [tf.ones([3, 4, 3]), tf.zeros([3, 4, 2])];
    const posterior = await sngp(model, {likelihood: gaussian({noiseScale: 1})}).fit(x, y);
    const draws = await posterior.sampleOutputs(x, {samples: 2});
    expect(draws.shape).to.deep.equal([2, 3, 4, 2]);
    posterior.dispose();
    tf.dispose([x, y, draws]);
  });

  it('refuses models that end otherwise, and options that mean nothing', () => {
    const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, activation: 'softmax', inputShape: [2]})]});
    expect(() => sngp(model)).to.throw(ConfigError, /ends in the layer GaussianProcess, got/);
    expect(() => gaussianProcess({units: 1, trainSize: 1, lengthScale: 0})).to.throw(ConfigError, /lengthScale/);
    const head: GaussianProcess = gaussianProcess({units: 2, trainSize: 1, inputShape: [2]});
    expect(() => sngp(tfl.sequential({layers: [head]}))).to.throw(ConfigError, /likelihood/);
  });
});
