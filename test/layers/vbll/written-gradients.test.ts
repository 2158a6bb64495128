import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {gaussianCost, jensenBound} from '../../../layers/vbll/bounds.ts';
import {scalesCost, squaresCost} from '../../../layers/vbll/costs.ts';
import type {CovarianceForm} from '../../../layers/vbll/covariance.ts';
import {denseCovariance} from '../../../layers/vbll/dense.ts';
import {GaussianNoise} from '../../../layers/vbll/gaussian-noise.ts';
import type {AddWeight} from '../../../layers/vbll/gaussian-weights.ts';
import {normalTensor} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

type Formula = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Soft targets, one-hot ones, and a row that is ignored. */
const TARGETS = [
  [0.2, 0.5, 0.3],
  [0, 1, 0],
  [0, 0, 0],
  [2, 0, 0],
];
const y = (): tf.Tensor2D => tf.tensor2d(TARGETS);

/** Covariances whose constants live until the gradient is known. */
const forms: CovarianceForm[] = [];

/** The noise with these logarithms of its scales. */
function noiseAt(logScale: tf.Tensor): GaussianNoise {
  const addWeight = (() => ({read: () => logScale})) as unknown as AddWeight;
  return new GaussianNoise(addWeight, {size: 3, dof: 2, wishartScale: 0.4, noiseScale: undefined});
}

/** What has its gradient written down, and the same step by step; with the shapes of its inputs. */
const CASES: Readonly<Record<string, {shapes: number[][]; ours: Formula; steps: Formula}>> = {
  squaresCost: {
    shapes: [[4, 3]],
    ours: (x) => squaresCost(x as tf.Tensor, 1.7),
    steps: (x) => tf.mul(tf.sum(tf.square(x as tf.Tensor)), 1.7),
  },
  scalesCost: {
    shapes: [[4, 3]],
    ours: (x) => scalesCost(x as tf.Tensor, 1.7),
    steps: (x) => tf.sum(tf.sub(tf.mul(tf.exp(tf.mul(x as tf.Tensor, 2)), 1.7), tf.mul(x as tf.Tensor, 2))),
  },
  jensenBound: {
    shapes: [
      [4, 3],
      [4, 3],
    ],
    ours: (mean, variance) => jensenBound(mean as tf.Tensor2D, variance as tf.Tensor2D, y()),
    steps: (mean, variance) => {
      const half = tf.div(variance as tf.Tensor, 2);
      return tf.sum(tf.mul(y(), tf.sub(tf.logSoftmax(tf.add(mean as tf.Tensor, half)), half)), 1);
    },
  },
  gaussianCost: {
    shapes: [[4, 3], [4, 3], [3]],
    ours: (mean, variance, logScale) =>
      gaussianCost(mean as tf.Tensor2D, variance as tf.Tensor2D, y(), logScale as tf.Tensor1D),
    steps: (mean, variance, logScale) => {
      const squares = tf.add(tf.squaredDifference(mean as tf.Tensor, y()), variance as tf.Tensor);
      const scaled = tf.div(squares, tf.exp(tf.mul(logScale as tf.Tensor, 2)));
      const each = tf.add(tf.add(scaled, tf.mul(logScale as tf.Tensor, 2)), Math.log(2 * Math.PI));
      return tf.div(tf.sum(each, 1), 2);
    },
  },
  logPrior: {
    shapes: [[3]],
    ours: (logScale) => noiseAt(logScale as tf.Tensor).logPrior(),
    steps: (logScale) => {
      const precisions = tf.exp(tf.mul(logScale as tf.Tensor, -2));
      return tf.neg(tf.sum(tf.add(tf.mul(logScale as tf.Tensor, 6), tf.mul(precisions, 0.2))));
    },
  },
  'quadratic forms of dense covariances': {
    shapes: [
      [4, 3],
      [2, 3],
      [3, 6],
    ],
    ours: (features, ...parameters) => {
      const form = denseCovariance({inputs: 3, outputs: 2, rank: 1});
      forms.push(form);
      return form.quadratic(parameters, features as tf.Tensor2D);
    },
    steps: (features, logDiagonal, offDiagonal) => {
      const each = [0, 1].map((k) => {
        const diagonal = tf.reshape(tf.exp(tf.slice(logDiagonal as tf.Tensor, [k, 0], [1, 3])), [1, 3]);
        const below = tf.tensor2d([0, 0, 0, 1, 0, 0, 1, 1, 0], [3, 3]);
        const strict = tf.mul(below, tf.slice(offDiagonal as tf.Tensor, [0, 3 * k], [3, 3]));
        const root = tf.add<tf.Tensor2D>(strict, tf.mul(tf.eye(3), diagonal));
        return tf.sum(tf.square(tf.matMul(features as tf.Tensor2D, root)), 1);
      });
      return tf.stack(each, 1);
    },
  },
};

describe('written gradients of VBLL heads', () => {
  for (const backend of ['cpu', 'wasm']) {
    for (const [name, {shapes, ours, steps}] of Object.entries(CASES)) {
      it(`${name}: value and gradients are those of the single steps on ${backend}`, async () => {
        await tf.setBackend(backend);
        const rng = createRng(3);
        const inputs = shapes.map((shape) => normalTensor(rng, shape as [number]) as tf.Tensor);
        const of = async (formula: Formula): Promise<number[][]> => {
          const results = tf.tidy(() => {
            const value = formula(...inputs);
            const upstream = normalTensor(createRng(4), value.shape as [number]) as tf.Tensor;
            return [value, ...tf.grads(formula)(inputs, upstream)];
          });
          const numbers = await Promise.all(results.map(async (one) => Array.from(await one.data())));
          tf.dispose(results);
          for (const form of forms.splice(0)) form.dispose();
          return numbers;
        };
        const expected = await of(steps);
        const found = await expectNoLeak(() => of(ours));
        expect(found.length).to.equal(expected.length);
        expected.forEach((one, i) => {
          closeTo(found[i] as number[], one, {rtol: 2e-6, atol: 2e-6});
        });
        tf.dispose(inputs);
      });
    }
  }

  it('refuse a gradient inside of a gradient, which would be wrong in silence', () => {
    const first = (x: tf.Tensor): tf.Tensor => tf.grad((at: tf.Tensor) => squaresCost(at, 2))(x);
    expect(() => tf.tidy(() => tf.grad(first)(tf.ones([2])))).to.throw(ConfigError, /differentiated once/);
    expect(() => tf.dispose(first(tf.ones([2])))).not.to.throw();
  });
});
