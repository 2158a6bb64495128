import * as tf from '@tensorflow/tfjs-core';
import {ShapeError} from '../../src/errors.ts';
import type {Bijector} from './bijector.ts';
import {sumPerPoint} from './scalar-bijectors.ts';
import {columns} from './vector-bijectors.ts';

/**
 * Cholesky factors of correlation matrices from canonical partial correlations z = tanh(u) (Lewandowski, Kurowicka and Joe,
 * 2009): row i is L_ij = z_ij sqrt(what of the row's unit length is left), and the diagonal takes the rest. u holds the rows
 * below the diagonal one after another, K (K - 1) / 2 numbers.
 */
export function correlationCholeskyBijector(): Bijector {
  return {
    name: 'correlation-cholesky',
    unconstrainedShape: (shape) => {
      const [rows, size] = shape.slice(-2);
      if (shape.length < 2 || rows !== size || (size as number) < 2) {
        throw new ShapeError(
          `createModel: expected a correlation factor of shape [..., K, K] with K of 2 or more, got [${shape}]. ` +
            'Give it a square shape.',
        );
      }
      return [...shape.slice(0, -2), ((size as number) * ((size as number) - 1)) / 2];
    },
    forward: (unconstrained) =>
      tf.tidy(() => {
        const size = sideOf(unconstrained);
        const rows = rowsOf(unconstrained, size).map((row, i) => {
          const {entries, left} = unitRow(row, unconstrained.shape.slice(0, -1));
          const zeros = tf.zeros([...unconstrained.shape.slice(0, -1), size - 1 - i]);
          return tf.concat([...entries, tf.sqrt(left), zeros], -1);
        });
        return tf.stack(rows, -2);
      }),
    inverse: (values) =>
      tf.tidy(() => {
        const size = values.shape.at(-1) ?? 0;
        const parts: tf.Tensor[] = [];
        tf.unstack(values, -2).forEach((row, i) => {
          let left: tf.Tensor = tf.onesLike(columns(row, 0, 1));
          for (let j = 0; j < i && j < size; j++) {
            const entry = columns(row, j, 1);
            const z = tf.div(entry, tf.sqrt(left));
            parts.push(tf.mul(tf.sub(tf.log(tf.add(1, z)), tf.log(tf.sub(1, z))), 0.5));
            left = tf.sub(left, tf.square(entry));
          }
        });
        return tf.concat(parts, -1);
      }),
    logDeterminant: (unconstrained) =>
      tf.tidy(() => {
        const terms = rowsOf(unconstrained, sideOf(unconstrained)).flatMap(
          (row) => unitRow(row, unconstrained.shape.slice(0, -1)).logSlopes,
        );
        return sumPerPoint(tf.concat(terms, -1));
      }),
  };
}

/** K of K (K - 1) / 2 numbers. */
function sideOf(unconstrained: tf.Tensor): number {
  return (1 + Math.sqrt(1 + 8 * (unconstrained.shape.at(-1) ?? 0))) / 2;
}

/** The unconstrained numbers of each row, one tensor [..., 1] for each entry below the diagonal. */
function rowsOf(unconstrained: tf.Tensor, size: number): tf.Tensor[][] {
  return Array.from({length: size}, (_, i) =>
    Array.from({length: i}, (_, j) => columns(unconstrained, (i * (i - 1)) / 2 + j, 1)),
  );
}

/** A row's entries, what of its squared length is left for the diagonal, and the logarithms of d entry / d u. */
function unitRow(
  row: readonly tf.Tensor[],
  lead: number[],
): {
  entries: tf.Tensor[];
  left: tf.Tensor;
  logSlopes: tf.Tensor[];
} {
  let left: tf.Tensor = tf.ones([...lead, 1]);
  const entries: tf.Tensor[] = [];
  const logSlopes: tf.Tensor[] = [];
  for (const u of row) {
    const z = tf.tanh(u);
    entries.push(tf.mul(z, tf.sqrt(left)));
    // log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2 u)), which keeps its digits for large |u|
    const logCosine = tf.mul(tf.sub(tf.sub(Math.LN2, u), tf.softplus(tf.mul(u, -2))), 2);
    logSlopes.push(tf.add(logCosine, tf.mul(tf.log(left), 0.5)));
    left = tf.mul(left, tf.exp(logCosine));
  }
  return {entries, left, logSlopes};
}
