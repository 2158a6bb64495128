import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {CholeskyDecomposition, Matrix as Oracle} from 'ml-matrix';
import {type Laplace, laplace} from '../../laplace/index.ts';
import {
  createCurvature,
  GeneralizedGaussNewton,
  type KronBlock,
  KronCurvature,
  weightLayouts,
} from '../../src/curvature/index.ts';
import {gaussian} from '../../src/likelihoods/index.ts';
import {createNet} from '../../src/models/index.ts';
import {closeTo} from '../support/close.ts';
import {denseJacobian} from '../support/dense-jacobian.ts';
import {smallData, smallNet} from './small-net.ts';

const [PRIOR, NOISE] = [0.6, 0.7];

/** Kernels (sqrt(s) A + sqrt(p) I) (x) (sqrt(s) B + sqrt(p) I), biases s B + p I, on the diagonal of one matrix. */
function dampedPrecision({layouts, blocks}: KronCurvature): Oracle {
  const total = layouts.reduce((sum, {size}) => sum + size, 0);
  const precision = Oracle.zeros(total, total);
  const [s, p] = [1 / NOISE, Math.sqrt(PRIOR)];
  let offset = 0;
  layouts.forEach(({kind, inputs, outputs, size}, i) => {
    const block = blocks[i] as KronBlock;
    const gradients = Oracle.from1DArray(outputs, outputs, Array.from(block.outputs));
    const moments = Oracle.from1DArray(inputs, inputs, Array.from(block.inputs)).div(block.count);
    const damped =
      kind === 'direct'
        ? gradients.mul(s * s).add(Oracle.eye(outputs).mul(PRIOR))
        : moments
            .mul(s)
            .add(Oracle.eye(inputs).mul(p))
            .kroneckerProduct(gradients.mul(s).add(Oracle.eye(outputs).mul(p)));
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        precision.set(offset + row, offset + column, damped.get(row, column));
      }
    }
    offset += size;
  });
  return precision;
}

describe('damping of Kronecker factors', () => {
  let data: ReturnType<typeof smallData>;
  let model: ReturnType<typeof smallNet>;
  let posterior: Laplace;
  before(async () => {
    data = smallData();
    model = smallNet(2);
    posterior = await laplace(model, {
      likelihood: 'gaussian',
      noiseScale: NOISE,
      weights: 'all',
      structure: 'kron',
      damping: true,
      priorPrecision: PRIOR,
    }).fit(data.x, data.yReal);
  });
  after(() => {
    posterior.dispose();
    model.dispose();
    tf.dispose({...data});
  });

  it('gives the precision written out', async () => {
    const net = createNet(model);
    const kron = createCurvature('kron', weightLayouts(net, 'all', data.x));
    await new GeneralizedGaussNewton(net, gaussian({noiseScale: 1}), 'all', kron).add(data.x, data.yReal);
    if (!(kron instanceof KronCurvature)) throw new TypeError(kron.structure);
    const cholesky = new CholeskyDecomposition(dampedPrecision(kron));
    const size = kron.layouts.reduce((sum, layout) => sum + layout.size, 0);
    const covariance = cholesky.solve(Oracle.eye(size));

    closeTo(posterior.weightVariances(), covariance.diagonal(), {rtol: 1e-5});
    const jacobian = await denseJacobian(net, data.xTest);
    const expected = jacobian.flatMap((rows) => {
      const block = new Oracle(rows.map((row) => Array.from(row)));
      return block.mmul(covariance).mmul(block.transpose()).to1DArray();
    });
    const outputs = posterior.linearized(data.xTest);
    closeTo(await outputs.covariance.data(), expected, {rtol: 1e-4, atol: 1e-6});
    tf.dispose([outputs.mean, outputs.covariance]);

    const logDeterminant = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
    const weights = (await Promise.all(posterior.mean.map((tensor) => tensor.data()))).flatMap((w) => Array.from(w));
    const scatter = PRIOR * weights.reduce((sum, w) => sum + w * w, 0);
    const penalty = 0.5 * (logDeterminant - size * Math.log(PRIOR) + scatter);
    closeTo(posterior.logMarginalLikelihood(), posterior.logLikelihood() - penalty, {rtol: 1e-5});
  });

  it('is narrower than without, on the golden net', async () => {
    const plain = await laplace(model, {
      likelihood: 'gaussian',
      noiseScale: NOISE,
      weights: 'all',
      priorPrecision: PRIOR,
    }).fit(data.x, data.yReal);
    expect(posterior.logMarginalLikelihood()).to.be.lessThan(plain.logMarginalLikelihood() - 0.1);
    const sum = (one: Laplace): number => one.weightVariances().reduce((total, value) => total + value, 0);
    expect(sum(posterior)).to.be.lessThan(sum(plain));
    plain.dispose();
  });

  it('is tuned to where the marginal likelihood is highest', async () => {
    const {priorPrecision, noiseScale, logMarginalLikelihood} = await posterior.tune({prior: 'layer', noise: true});
    const best = priorPrecision as number[];
    for (const factor of [0.95, 1.05]) {
      for (const layer of [0, 1]) {
        const moved = best.map((value, i) => (Math.floor(i / 2) === layer ? value * factor : value));
        expect(posterior.logMarginalLikelihood({priorPrecision: moved})).to.be.lessThan(logMarginalLikelihood);
      }
      const noisier = posterior.logMarginalLikelihood({noiseScale: (noiseScale as number) * factor});
      expect(noisier).to.be.lessThan(logMarginalLikelihood);
    }
  });
});
