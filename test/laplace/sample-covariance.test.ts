import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {inverse, Matrix} from 'ml-matrix';
import {posteriorStructure} from '../../laplace/structures/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {SubspaceCurvature, type WeightLayout} from '../../src/curvature/index.ts';
import {eigh, transpose} from '../../src/linalg/index.ts';
import {createNet} from '../../src/models/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {curvatureOf, denseCurvature} from '../support/dense-curvature.ts';
import {testNets} from '../support/nets.ts';

const EXAMPLES = 6;
const TERMS = {scale: 2.5, prior: 0.7};

/** The largest distance of a sample mean and covariance from what they estimate, in their standard errors. */
function largestErrors(
  draw: () => Float64Array,
  draws: number,
  covariance: Matrix,
): {mean: number; covariance: number} {
  const size = covariance.rows;
  const sum = new Float64Array(size);
  const products = new Float64Array(size * size);
  for (let s = 0; s < draws; s++) {
    const w = draw();
    for (let i = 0; i < size; i++) {
      (sum[i] as number) += w[i] as number;
      for (let j = 0; j <= i; j++) (products[i * size + j] as number) += (w[i] as number) * (w[j] as number);
    }
  }
  const largest = {mean: 0, covariance: 0};
  for (let i = 0; i < size; i++) {
    largest.mean = Math.max(largest.mean, Math.abs(sum[i] as number) / Math.sqrt(draws * covariance.get(i, i)));
    for (let j = 0; j <= i; j++) {
      const exact = covariance.get(i, j);
      const error = (products[i * size + j] as number) / draws - exact;
      // Isserlis: the variance of a product of two Gaussians of mean 0.
      const deviation = Math.sqrt((covariance.get(i, i) * covariance.get(j, j) + exact ** 2) / draws);
      largest.covariance = Math.max(largest.covariance, Math.abs(error) / deviation);
    }
  }
  return largest;
}

describe('draws of weights', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, structure, draws] of [
    ['dense', 'full', 100_000],
    ['dense', 'kron', 100_000],
    ['dense', 'diag', 100_000],
    ['depthwise', 'kron', 10_000],
  ] as const) {
    it(`have the inverse precision as their covariance: ${name}, ${structure}`, async () => {
      const {model, x} = (testNets[name] as (examples: number) => ReturnType<(typeof testNets)[string]>)(EXAMPLES);
      const y = tf.tensor1d([0, 1, 2, 1, 0, 2], 'int32');
      const curvature = await curvatureOf(createNet(model), x, y, structure);
      const prior = curvature.layouts.map(() => TERMS.prior);
      const matrix = denseCurvature(curvature);
      const precision = Matrix.add(Matrix.mul(matrix, TERMS.scale), Matrix.eye(matrix.rows).mul(TERMS.prior));
      const gaussian = posteriorStructure(curvature, 'ggn').at({scale: TERMS.scale, prior});
      const rng = createRng(11);
      const errors = largestErrors(() => gaussian.sample(rng), draws, inverse(precision));
      expect(errors.mean).to.be.below(4.5);
      expect(errors.covariance).to.be.below(5.5);
      tf.dispose([...gaussian.tensors, x, y]);
      model.dispose();
    });
  }

  const LAYOUTS: readonly WeightLayout[] = [4, 3].map((size, i) => {
    return {name: `w${i}`, size, kind: 'direct', inputs: 1, groups: 1, outputs: size, shared: false};
  });
  for (const [structure, prior] of [
    ['low-rank', [0.7, 0.7]],
    ['functional', [0.7, 1.9]],
    ['ella', [0.7, 0.7]],
  ] as const) {
    it(`have the inverse precision as their covariance: ${structure}`, () => {
      const {vectors} = eigh({rows: 7, cols: 7, data: createRng(3).normals(49)});
      const basis = Float32Array.from(transpose(vectors).data.subarray(0, 14)); // two orthonormal directions
      const values = Float64Array.of(3, 0.5);
      const V = Matrix.from1DArray(2, 7, Array.from(basis));
      const prior0 = Matrix.diag(LAYOUTS.flatMap(({size}, i) => Array<number>(size).fill(prior[i] as number)));
      const within = Matrix.add(
        Matrix.diag(Array.from(values, (v) => TERMS.scale * v)),
        Matrix.eye(2).mul(TERMS.prior),
      );
      const expected =
        structure === 'ella'
          ? V.transpose().mmul(inverse(within)).mmul(V)
          : inverse(
              Matrix.add(
                V.transpose()
                  .mmul(Matrix.diag(Array.from(values, (v) => TERMS.scale * v)))
                  .mmul(V),
                prior0,
              ),
            );
      const curvature = new SubspaceCurvature(structure, LAYOUTS, {basis, values});
      const gaussian = posteriorStructure(curvature, 'ggn').at({scale: TERMS.scale, prior});
      closeTo(gaussian.variances(), expected.diagonal(), {rtol: 1e-5, atol: 1e-7});
      const rng = createRng(12);
      const errors = largestErrors(() => gaussian.sample(rng), 100_000, expected);
      expect(errors.mean).to.be.below(4.5);
      expect(errors.covariance).to.be.below(5.5);
      tf.dispose([...gaussian.tensors]);
    });
  }
});
