import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import type {CovarianceForm} from '../../../layers/vbll/covariance.ts';
import {denseCovariance} from '../../../layers/vbll/dense.ts';
import {densePrecisionCovariance} from '../../../layers/vbll/dense-precision.ts';
import {diagonalCovariance} from '../../../layers/vbll/diagonal.ts';
import {lowRankCovariance} from '../../../layers/vbll/low-rank.ts';
import {triangularInverse} from '../../../layers/vbll/triangular-inverse.ts';
import {
  cholesky,
  choleskyInverse,
  invertLower,
  logDeterminant,
  type Matrix,
  matMul,
  matrix,
  transpose,
} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';

const [D, K, R] = [5, 3, 2];
const size = {inputs: D, outputs: K, rank: R};

type Parameters = readonly Float64Array[];

/** L with exp(logDiagonal) on the diagonal and `below` under it. */
function triangle(logDiagonal: ArrayLike<number>, below: (i: number, j: number) => number): Matrix {
  const L = matrix(D, D);
  for (let i = 0; i < D; i++) {
    for (let j = 0; j <= i; j++) L.data[i * D + j] = i === j ? Math.exp(logDiagonal[i] as number) : below(i, j);
  }
  return L;
}

/** Each form with S_k in float64, from its parameters. */
const FORMS: Record<string, {form: (of: typeof size) => CovarianceForm; dense: (p: Parameters, k: number) => Matrix}> =
  {
    diagonal: {
      form: diagonalCovariance,
      dense: ([logScale], k) => {
        const S = matrix(D, D);
        for (let i = 0; i < D; i++) S.data[i * D + i] = Math.exp(2 * (logScale?.[i * K + k] as number));
        return S;
      },
    },
    dense: {
      form: denseCovariance,
      dense: ([diagonal, below], k) => {
        const L = triangle(
          (diagonal as Float64Array).subarray(k * D),
          (i, j) => below?.[i * K * D + k * D + j] as number,
        );
        return matMul(L, transpose(L));
      },
    },
    'low-rank': {
      form: lowRankCovariance,
      dense: ([logVariance, factor], k) => {
        const S = matrix(D, D);
        for (let i = 0; i < D; i++) {
          for (let j = 0; j < D; j++) {
            let sum = i === j ? Math.exp(logVariance?.[i * K + k] as number) : 0;
            for (let r = 0; r < R; r++) {
              sum += (factor?.[i * K * R + k * R + r] as number) * (factor?.[j * K * R + k * R + r] as number);
            }
            S.data[i * D + j] = sum;
          }
        }
        return S;
      },
    },
    'dense-precision': {
      form: densePrecisionCovariance,
      dense: ([diagonal, below], k) =>
        choleskyInverse(
          triangle((diagonal as Float64Array).subarray(k * D), (i, j) => below?.[k * D * D + i * D + j] as number),
        ),
    },
  };

function parametersOf(form: CovarianceForm): {values: Float64Array[]; tensors: tf.Tensor[]} {
  const rng = createRng('parameters');
  const values = form.weights.map(({shape}, i) =>
    Float64Array.from(rng.normals(tf.util.sizeFromShape(shape)), (z) => Math.fround(0.5 * z - (i === 0 ? 0.5 : 0))),
  );
  return {
    values,
    tensors: form.weights.map(({shape}, i) => tf.tensor(Float32Array.from(values[i] as Float64Array), shape)),
  };
}

describe('VBLL covariances', () => {
  onEachBackend(() => {
    for (const [name, {form: create, dense}] of Object.entries(FORMS)) {
      it(`${name}: quadratic forms, diagonal and determinant are those of the matrix`, async () => {
        const form = create(size);
        const {values, tensors} = parametersOf(form);
        const phi = Float64Array.from(createRng(1).normals(4 * D), Math.fround);
        const features = tf.tensor2d(Float32Array.from(phi), [4, D]);
        const matrices = Array.from({length: K}, (_, k) => dense(values, k));
        const quadratic = form.quadratic(tensors, features);
        const expected = Array.from({length: 4}, (_, n) =>
          matrices.map((S) => {
            const row = matrix(1, D, phi.slice(n * D, (n + 1) * D));
            return matMul(matMul(row, S), transpose(row)).data[0] as number;
          }),
        );
        closeTo(await quadratic.data(), expected.flat(), {rtol: 1e-5});
        const diagonal = form.diagonal(tensors);
        const rows = Array.from({length: D}, (_, i) => matrices.map((S) => S.data[i * D + i] as number));
        closeTo(await diagonal.data(), rows.flat(), {rtol: 1e-5});
        const trace = rows.flat().reduce((sum, value) => sum + value, 0);
        const logs = matrices.map((S) => logDeterminant(cholesky(S).factor)).reduce((sum, value) => sum + value, 0);
        for (const precision of [0, 3]) {
          const cost = form.cost(tensors, precision);
          closeTo(await cost.data(), precision * trace - logs, {rtol: 1e-5, atol: 1e-5});
          cost.dispose();
        }
        tf.dispose([tensors, features, quadratic, diagonal]);
        form.dispose();
      });

      it(`${name}: gradients agree with differences`, async () => {
        const form = create(size);
        const {values, tensors} = parametersOf(form);
        const features = tf.tensor2d(Float32Array.from(createRng(1).normals(2 * D)), [2, D]);
        const objective = (...at: tf.Tensor[]): tf.Scalar =>
          tf.add(tf.sum(form.quadratic(at, features)), form.cost(at, 0.5));
        const gradients = tf.tidy(() => tf.grads(objective)(tensors));
        for (const [i, gradient] of gradients.entries()) {
          const exact = await gradient.data();
          const [step, at] = [1e-2, [...(values[i] as Float64Array)]];
          for (const j of [0, Math.floor(at.length / 2), at.length - 2]) {
            const [up, down] = [step, -step].map((move) =>
              tf.tidy(() => {
                const moved = Float32Array.from(at, (value, p) => (p === j ? value + move : value));
                const whole = tensors.map((tensor, p) => (p === i ? tf.tensor(moved, tensor.shape) : tensor));
                return objective(...whole);
              }),
            ) as [tf.Scalar, tf.Scalar];
            const slope = (((await up.data())[0] as number) - ((await down.data())[0] as number)) / (2 * step);
            closeTo(exact[j] as number, slope, {rtol: 5e-3, atol: 5e-3});
            tf.dispose([up, down]);
          }
        }
        tf.dispose([tensors, features, gradients]);
        form.dispose();
      });
    }

    it('inverts triangular matrices of any size', async () => {
      for (const n of [1, 2, 3, 6, 8, 13]) {
        const values = createRng(n).normals(2 * n * n);
        const lower = Float64Array.from(values, (value, p) => {
          const [i, j] = [Math.floor(p / n) % n, p % n];
          return Math.fround(i > j ? value : i === j ? 1 + value * value : 0);
        });
        const inverse = tf.tidy(() => triangularInverse(tf.tensor3d(Float32Array.from(lower), [2, n, n])));
        const expected = [0, 1].flatMap((k) => [
          ...invertLower(matrix(n, n, lower.slice(k * n * n, (k + 1) * n * n))).data,
        ]);
        closeTo(await inverse.data(), expected, {rtol: 1e-4, atol: 1e-5});
        inverse.dispose();
      }
    });
  });

  for (const [name, {form: create, dense}] of Object.entries(FORMS)) {
    it(`${name}: draws have the covariance of the matrix`, async () => {
      const form = create({...size, outputs: K});
      const {values, tensors} = parametersOf(form);
      const S = dense(values, 1);
      const count = 4000;
      const rng = createRng(7);
      const sums = new Float64Array(D * D);
      for (let s = 0; s < count; s++) {
        const draw = form.draw(tensors, rng);
        const w = await draw.data();
        for (let i = 0; i < D; i++) {
          for (let j = 0; j < D; j++) {
            sums[i * D + j] =
              (sums[i * D + j] as number) + ((w[i * K + 1] as number) * (w[j * K + 1] as number)) / count;
          }
        }
        draw.dispose();
      }
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < D; j++) {
          const at = (p: number, q: number): number => S.data[p * D + q] as number;
          const error = Math.sqrt((at(i, i) * at(j, j) + at(i, j) ** 2) / count);
          closeTo(sums[i * D + j] as number, at(i, j), {rtol: 0, atol: 4.5 * error});
        }
      }
      tf.dispose(tensors);
      form.dispose();
    });
  }
});
