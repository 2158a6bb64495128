import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import {bijectorOf} from '../../../inference/model/choose-bijector.ts';
import {
  correlationCholeskySupport,
  integerSupport,
  intervalSupport,
  orderedSupport,
  positiveSupport,
  realSupport,
  type Support,
  simplexSupport,
} from '../../../src/distributions/support.ts';
import {cholesky, logDeterminant} from '../../../src/linalg/cholesky.ts';
import {matrix, transpose} from '../../../src/linalg/matrix.ts';
import {matMul} from '../../../src/linalg/multiply.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const K = 4;
/** Free entries of a lower triangle below the diagonal, which are the coordinates of a correlation factor. */
const below = Array.from({length: K}, (_, i) => Array.from({length: i}, (_, j) => K * i + j)).flat();

/** A support, a shape of its values, and the entries that are free coordinates of a value. */
const cases: [string, Support, number[], number[]][] = [
  ['real numbers', realSupport(), [3], [0, 1, 2]],
  ['positive numbers', positiveSupport(), [2, 2], [0, 1, 2, 3]],
  ['numbers below an end', intervalSupport(-Infinity, 3), [2], [0, 1]],
  ['an interval', intervalSupport(-1, 4), [3], [0, 1, 2]],
  ['a simplex', simplexSupport(), [K], [0, 1, 2]],
  ['ordered vectors', orderedSupport(), [K], [0, 1, 2, 3]],
  ['correlation factors', correlationCholeskySupport(), [K, K], below],
];

describe('bijectors', () => {
  for (const [name, support, shape, free] of cases) {
    const bijector = bijectorOf(support);
    const unconstrained = bijector.unconstrainedShape(shape);
    const size = tf.util.sizeFromShape(unconstrained);
    const points = Float32Array.from(createRng(21).normals(3 * size));

    it(`of ${name} invert`, async () => {
      const back = await expectNoLeak(() => {
        const result = tf.tidy(() => {
          const values = bijector.forward(tf.tensor(points, [3, ...unconstrained]));
          expect(values.shape).to.deep.equal([3, ...shape]);
          return bijector.inverse(values);
        });
        const data = result.dataSync();
        result.dispose();
        return data;
      });
      closeTo(back, points, {rtol: 1e-4, atol: 1e-5});
    });

    it(`of ${name} have the log determinant of autodiff`, async () => {
      const determinants = tf.tidy(() => bijector.logDeterminant(tf.tensor(points, [3, ...unconstrained])));
      expect(determinants.shape).to.deep.equal([3]);
      const ours = await determinants.data();
      for (let s = 0; s < 3; s++) {
        const point = tf.tensor(points.slice(s * size, (s + 1) * size), [1, ...unconstrained]);
        const rows = free.map((entry) => {
          const slope = tf.tidy(() =>
            tf.grad((u: tf.Tensor) => tf.sum(tf.slice(tf.reshape(bijector.forward(u), [-1]), [entry], [1])))(point),
          );
          const row = Float64Array.from(slope.dataSync());
          slope.dispose();
          return row;
        });
        const jacobian = matrix(size, size, Float64Array.from(rows.flatMap((row) => [...row])));
        // log |det J| = log det(J J^T) / 2
        const square = cholesky(matMul(jacobian, transpose(jacobian)), {maxJitter: 0}).factor;
        closeTo(ours[s] ?? 0, logDeterminant(square) / 2, {rtol: 1e-4, atol: 1e-4});
        point.dispose();
      }
      determinants.dispose();
    });
  }

  it('give values of their supports', async () => {
    const [weights, rising, factor] = tf.tidy(() => [
      bijectorOf(simplexSupport()).forward(
        tf.tensor2d([
          [0, 0, 0],
          [30, 1, -2],
        ]),
      ),
      bijectorOf(orderedSupport()).forward(tf.tensor2d([[3, -2, -5]])),
      bijectorOf(correlationCholeskySupport()).forward(tf.tensor2d([[0.3, -1, 2]])),
    ]) as [tf.Tensor, tf.Tensor, tf.Tensor];
    closeTo((await weights.data()).slice(0, 4), [0.25, 0.25, 0.25, 0.25], {rtol: 1e-6});
    closeTo(await tf.sum(weights, 1).data(), [1, 1], {rtol: 1e-6});
    const [a, b, c] = await rising.data();
    expect(a).to.equal(3);
    expect((b as number) > 3 && (c as number) > (b as number)).to.equal(true);
    closeTo(await tf.sum(tf.square(factor), 2).data(), [1, 1, 1], {rtol: 1e-5});
  });

  it('refuse what they cannot map', () => {
    expect(() => bijectorOf(integerSupport(0, 3))).to.throw(/continuous/);
    expect(() => bijectorOf(simplexSupport()).unconstrainedShape([])).to.throw(/simplex/);
    expect(() => bijectorOf(correlationCholeskySupport()).unconstrainedShape([2, 3])).to.throw(/square/);
  });
});
