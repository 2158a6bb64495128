import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../errors.ts';

/** L and L^-1 of positive definite matrices. */
interface Factors {
  readonly factor: tf.Tensor;
  readonly inverse: tf.Tensor;
}

/**
 * Lower Cholesky factors L of many small positive definite matrices, A = L L^T, on tensors and with their gradient.
 *
 * For matrices up to a few dozen rows; some eight tensor operations per row. A matrix that is not positive definite gives NaN,
 * which samplers count as a density of zero: add a little to its diagonal. The gradient (Murray, 2016) is
 * L^-T Phi(L^T dL) L^-1, made symmetric, with Phi the lower triangle and half the diagonal. First derivatives only.
 *
 * @param matrices A, of shape [..., C, C].
 *
 * @throws ShapeError if the matrices are not square.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {choleskyTensor} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const covariance = tf.tensor2d([[4, 2], [2, 5]]);
 * const factor = choleskyTensor(covariance);
 * console.log(await factor.array());   // [[2, 0], [1, 2]]
 * tf.dispose([covariance, factor]);
 * ```
 */
export function choleskyTensor(matrices: tf.Tensor): tf.Tensor {
  checkSquare('choleskyTensor', matrices);
  const differentiable = tf.customGrad((given, save) => {
    const {factor, inverse} = factorize(given as tf.Tensor);
    (save as tf.GradSaveFunc)([factor, inverse]);
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => {
      const [L, inverseL] = saved as [tf.Tensor, tf.Tensor];
      const half = lowerHalf(tf.matMul(L, upstream, true, false));
      const inner = tf.matMul(tf.matMul(inverseL, half, true, false), inverseL);
      return tf.mul(tf.add(inner, swapLast(inner)), 0.5);
    };
    return {value: factor, gradFunc};
  });
  return tf.tidy(() => differentiable(matrices));
}

/**
 * log N(residual; 0, covariance), without the covariance's leading axes: residual [..., C], covariance [..., C, C]. One
 * elimination serves value and gradient: with a = covariance^-1 residual, -a and (a a^T - covariance^-1) / 2.
 */
export function gaussianLogDensity(residual: tf.Tensor, covariance: tf.Tensor): tf.Tensor {
  checkSquare('multivariateNormal.logProb', covariance);
  const size = covariance.shape.at(-1) ?? 0;
  const lead = tf.backend_util.assertAndGetBroadcastShape(residual.shape.slice(0, -1), covariance.shape.slice(0, -2));
  const density = tf.customGrad((...inputs) => {
    const [r, A, save] = inputs as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const {factor, inverse} = factorize(A);
    const whitened = tf.matMul(tf.expandDims(r, -2), inverse, false, true);
    const solved = tf.squeeze(tf.matMul(whitened, inverse), [-2]);
    const halfLogDeterminant = tf.sum(tf.log(tf.sum(tf.mul(factor, tf.eye(size)), -1)), -1);
    const squares = tf.sum(tf.square(tf.squeeze(whitened, [-2])), -1);
    save([inverse, solved]);
    const value = tf.neg(tf.add(tf.add(tf.mul(squares, 0.5), halfLogDeterminant), 0.5 * size * Math.log(2 * Math.PI)));
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => {
      const [inverseL, a] = saved as [tf.Tensor, tf.Tensor];
      const weight = tf.expandDims(upstream, -1);
      const outer = tf.mul(tf.expandDims(a, -1), tf.expandDims(a, -2));
      const precision = tf.matMul(inverseL, inverseL, true, false);
      return [tf.neg(tf.mul(a, weight)), tf.mul(tf.mul(tf.sub(outer, precision), 0.5), tf.expandDims(weight, -1))];
    };
    return {value, gradFunc};
  });
  return tf.tidy(() =>
    density(tf.broadcastTo(residual, [...lead, size]), tf.broadcastTo(covariance, [...lead, size, size])),
  );
}

/** Eliminates the rows of [A, I] one after another: row j over the root of its pivot is row j of [L^T, L^-1]. */
function factorize(matrices: tf.Tensor): Factors {
  const size = matrices.shape.at(-1) ?? 0;
  const lead = matrices.shape.slice(0, -2);
  return tf.tidy(() => {
    const count = tf.util.sizeFromShape(lead);
    const flat = tf.reshape(matrices, [count, size, size]) as tf.Tensor3D;
    const unit = tf.tile(tf.expandDims(tf.eye(size), 0), [count, 1, 1]) as tf.Tensor3D;
    let rest = tf.concat([flat, unit], 2) as tf.Tensor3D;
    const rows: tf.Tensor3D[] = [];
    for (let j = 0; j < size; j++) {
      const pivot = tf.slice(rest, [0, j, j], [count, 1, 1]);
      const row = tf.div<tf.Tensor3D>(tf.slice(rest, [0, j, 0], [count, 1, 2 * size]), tf.sqrt(pivot));
      rows.push(row);
      if (j + 1 === size) break;
      const column = tf.transpose(tf.slice(row, [0, 0, 0], [count, 1, size]), [0, 2, 1]);
      rest = tf.sub(rest, tf.matMul(column, row));
    }
    const both = tf.concat(rows, 1) as tf.Tensor3D;
    const lower = lowerMask(size);
    const factor = tf.mul(tf.transpose(tf.slice(both, [0, 0, 0], [count, size, size]), [0, 2, 1]), lower);
    const inverse = tf.mul(tf.slice(both, [0, 0, size], [count, size, size]), lower);
    return {factor: tf.reshape(factor, matrices.shape), inverse: tf.reshape(inverse, matrices.shape)};
  });
}

/** The lower triangle with half the diagonal. */
function lowerHalf(matrices: tf.Tensor): tf.Tensor {
  const size = matrices.shape.at(-1) ?? 0;
  return tf.mul(matrices, tf.sub(lowerMask(size), tf.mul(tf.eye(size), 0.5)));
}

/** Ones on and below the diagonal. */
function lowerMask(size: number): tf.Tensor2D {
  const mask = Float32Array.from({length: size * size}, (_, i) => (i % size <= Math.floor(i / size) ? 1 : 0));
  return tf.tensor2d(mask, [size, size]);
}

function swapLast(matrices: tf.Tensor): tf.Tensor {
  const axes = matrices.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  return tf.transpose(matrices, [...axes.slice(0, -2), last, last - 1]);
}

function checkSquare(caller: string, matrices: tf.Tensor): void {
  if (matrices.rank >= 2 && matrices.shape.at(-1) === matrices.shape.at(-2)) return;
  throw new ShapeError(`${caller}: expected square matrices [..., C, C], got [${matrices.shape}]. Check the shape.`);
}
