import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {bayesDense, type VariationalOptions, variational} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {cholesky, choleskySolve, gram, identity, matrix} from '../../../src/linalg/index.ts';
import {createRng, type Rng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';

const EXAMPLES = 40;
const FEATURES = 3;
const NOISE = 0.3;

/** Correlated features, and targets of a linear model with noise. */
function problem(): {x: Float64Array; y: Float64Array} {
  const rng = createRng(5);
  const x = rng.normals(EXAMPLES * FEATURES);
  const noise = rng.normals(EXAMPLES);
  for (let n = 0; n < EXAMPLES; n++)
    x[n * FEATURES + 1] = 0.6 * (x[n * FEATURES] as number) + 0.8 * (x[n * FEATURES + 1] as number);
  const y = Float64Array.from(noise, (eps, n) => {
    const row = x.subarray(n * FEATURES, (n + 1) * FEATURES);
    return 0.8 * (row[0] as number) - 0.5 * (row[1] as number) + 0.3 * (row[2] as number) + NOISE * eps;
  });
  return {x, y};
}

/** The posterior under N(0, 1) priors: mean, covariance and precision, in float64. */
function exact({x, y}: ReturnType<typeof problem>) {
  const features = matrix(EXAMPLES, FEATURES, x);
  const precision = gram(features);
  for (let i = 0; i < FEATURES * FEATURES; i++) precision.data[i] = (precision.data[i] as number) / NOISE ** 2;
  for (let i = 0; i < FEATURES; i++)
    precision.data[i * (FEATURES + 1)] = (precision.data[i * (FEATURES + 1)] as number) + 1;
  const moment = matrix(FEATURES, 1);
  for (let n = 0; n < EXAMPLES; n++) {
    for (let i = 0; i < FEATURES; i++) {
      moment.data[i] = (moment.data[i] as number) + ((x[n * FEATURES + i] as number) * (y[n] as number)) / NOISE ** 2;
    }
  }
  const {factor} = cholesky(precision);
  return {
    mean: choleskySolve(factor, moment).data,
    covariance: choleskySolve(factor, identity(FEATURES)).data,
    precision: precision.data,
  };
}

/**
 * Trains a Bayesian linear regression with steps that shrink, and gives its mean and covariance. Copies of the data in a batch
 * leave its mean loss as it is, and average the noise of estimators that have their own for each example.
 */
async function train(
  data: ReturnType<typeof problem>,
  options: Partial<VariationalOptions>,
  {steps, copies}: {steps: number; copies: number},
): Promise<{mean: ArrayLike<number>; covariance: number[]}> {
  const layer = bayesDense({
    name: 'weights',
    units: 1,
    useBias: false,
    inputShape: [FEATURES],
    kernelInitializer: 'zeros',
    trainSize: EXAMPLES,
    ...options,
  });
  const model = tfl.sequential({layers: [layer]});
  const optimizer = tf.train.adam(0.05);
  const likelihood = gaussian({noiseScale: NOISE});
  const x = tf.tile(tf.tensor2d(Float32Array.from(data.x), [EXAMPLES, FEATURES]), [copies, 1]);
  const y = tf.tile(tf.tensor2d(Float32Array.from(data.y), [EXAMPLES, 1]), [copies, 1]);
  for (let step = 0; step < steps; step++) {
    Object.assign(optimizer, {learningRate: 0.05 * Math.min(1, 0.002 ** ((2 * step) / steps - 1))});
    optimizer.minimize(() => {
      const loss = likelihood.loss(y, model.apply(x, {training: true}) as tf.Tensor);
      return tf.addN([loss, ...model.calculateLosses()]);
    });
  }
  const posterior = variational(model, {likelihood});
  const mean = await (posterior.mean[0] as tf.Tensor).data();
  const columns = await Promise.all(
    Array.from({length: FEATURES}, async (_, i) => (posterior.sampleWeights(unitVector(i))[0] as tf.Tensor).data()),
  );
  const covariance = Array.from({length: FEATURES ** 2}, (_, ij) => {
    const [i, j] = [Math.floor(ij / FEATURES), ij % FEATURES];
    return columns.reduce((sum, column) => sum + deviation(column, mean, i) * deviation(column, mean, j), 0);
  });
  return {mean, covariance};
}

function deviation(column: ArrayLike<number>, mean: ArrayLike<number>, i: number): number {
  return (column[i] as number) - (mean[i] as number);
}

/** A stream whose first normals are a unit vector: a draw with it is the mean plus a column of the covariance's root. */
function unitVector(i: number): Rng {
  return {...createRng(0), normals: (n, out = new Float64Array(n)) => out.fill(0).fill(1, i, i + 1)};
}

describe('Bayesian linear regression by variational layers', () => {
  const data = problem();
  const {mean, covariance, precision} = exact(data);

  before(async () => {
    await initBackend({prefer: 'cpu'});
  });
  after(async () => {
    await tf.setBackend('wasm');
  });

  it('recovers the exact mean and 1 / Lambda_ii with mean field', async () => {
    const found = await train(data, {estimator: 'local-reparameterization'}, {steps: 400, copies: 25});
    const ideal = Array.from({length: FEATURES}, (_, i) => 1 / (precision[i * (FEATURES + 1)] as number));
    closeTo(found.mean, mean, {rtol: 0.02, atol: 0.004});
    closeTo(
      ideal.map((_, i) => found.covariance[i * (FEATURES + 1)] as number),
      ideal,
      {rtol: 0.05},
    );
  });

  it('recovers the exact covariance with the full family', async () => {
    const found = await train(data, {family: 'full'}, {steps: 1500, copies: 1});
    closeTo(found.mean, mean, {rtol: 0.02, atol: 0.004});
    closeTo(found.covariance, covariance, {rtol: 0.05, atol: 0.05 * Math.max(...covariance)});
  });
});
