import * as tf from '@tensorflow/tfjs-core';
import {CholeskyDecomposition, Matrix as Oracle} from 'ml-matrix';
import {laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {createNet} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {curvatureOf, denseCurvature} from '../support/dense-curvature.ts';
import {denseJacobian} from '../support/dense-jacobian.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {testNets} from '../support/nets.ts';

const EXAMPLES = 4;
const PRIOR = 0.7;

describe('posterior structures against their precision matrix written out', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, make] of Object.entries(testNets)) {
    for (const structure of ['full', 'kron', 'diag'] as const) {
      it(`${name}, ${structure}: output covariance, weight variances, evidence and draws`, async () => {
        const {model, x} = make(EXAMPLES);
        const y = tf.tensor1d([0, 1, 2, 1], 'int32');
        await expectNoLeak(async () => {
          const net = createNet(model);
          const curvature = denseCurvature(await curvatureOf(net, x, y, structure));
          const precision = curvature.clone().add(Oracle.eye(curvature.rows).mul(PRIOR));
          const cholesky = new CholeskyDecomposition(precision);
          const covariance = cholesky.solve(Oracle.eye(curvature.rows));
          const posterior = await laplace(model, {
            likelihood: 'categorical',
            weights: 'all',
            structure,
            priorPrecision: PRIOR,
          }).fit(x, y, {batchSize: 3});

          closeTo(posterior.weightVariances(), covariance.diagonal(), {rtol: 1e-4});
          const jacobian = await denseJacobian(net, x);
          const expected = jacobian.flatMap((rows) => {
            const block = new Oracle(rows.map((row) => Array.from(row)));
            return block.mmul(covariance).mmul(block.transpose()).to1DArray();
          });
          const outputs = posterior.linearized(x);
          closeTo(await outputs.covariance.data(), expected, {rtol: 1e-3, atol: 1e-5 * Math.max(...expected)});

          const whole = new Oracle(jacobian.flatMap((rows) => rows.map((row) => Array.from(row))));
          const joint = posterior.linearized(x, {joint: true});
          closeTo(await joint.covariance.data(), whole.mmul(covariance).mmul(whole.transpose()).to1DArray(), {
            rtol: 1e-3,
            atol: 1e-5 * Math.max(...expected),
          });

          const logDeterminant = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
          const weights = (await Promise.all(posterior.mean.map((tensor) => tensor.data()))).flatMap((part) =>
            Array.from(part),
          );
          const scatter = PRIOR * weights.reduce((sum, w) => sum + w * w, 0);
          const penalty = 0.5 * (logDeterminant - weights.length * Math.log(PRIOR) + scatter);
          closeTo(posterior.logMarginalLikelihood(), posterior.logLikelihood() - penalty, {rtol: 1e-5});

          const sampled = posterior.sampleWeights(createRng(7));
          const drawn = (await Promise.all(sampled.map((tensor) => tensor.data()))).flatMap((part) => Array.from(part));
          const drawnOutputs = await posterior.sampleOutputs(x, {samples: 1, rng: createRng(7)});
          const mean = await outputs.mean.data();
          const linear = jacobian.flatMap((rows, n) =>
            rows.map((row, c) => {
              const change = row.reduce((sum, j, i) => sum + j * ((drawn[i] as number) - (weights[i] as number)), 0);
              return (mean[3 * n + c] as number) + change;
            }),
          );
          closeTo(await drawnOutputs.data(), linear, {rtol: 1e-3, atol: 1e-4});
          tf.dispose([outputs.mean, outputs.covariance, joint.mean, joint.covariance, drawnOutputs, sampled]);
          posterior.dispose();
        });
        tf.dispose([x, y]);
        model.dispose();
      });
    }
  }
});
