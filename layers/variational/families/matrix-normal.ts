import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../../src/backend/index.ts';
import type {AddVariable} from './family.ts';
import type {Spread} from './location-family.ts';
import {gaussianEntropy} from './mean-field.ts';
import {rhoOf, scaleOf} from './positive.ts';
import {checkRows, rowSquares, unitTriangle} from './unit-triangle.ts';

/**
 * A matrix-variate Gaussian (Louizos and Welling 2016): W = mean + A E B^T, E standard normal, so that the covariance of rows is
 * A A^T and that of columns B B^T. Rows are all axes but the last (inputs), columns the last (outputs).
 *
 * A = diag(rowScale) U and B = diag(columnScale) V with U, V unit lower triangular. The standard deviation of element (i, j) at
 * the start is the product of factors that come closest to the ones asked for, in the logarithm.
 */
export function matrixNormalSpread(shape: number[], addVariable: AddVariable, scale: tf.Tensor, floor: number): Spread {
  const columns = shape.at(-1) ?? 1;
  const rows = tf.util.sizeFromShape(shape) / columns;
  checkRows('matrix-normal', 'rows and columns', Math.max(rows, columns), "'low-rank' or 'mean-field'");
  const factor = (name: string, size: number, otherAxis: 0 | 1) => {
    const rho = addVariable(`${name}_rho`, [size], () =>
      rhoOf(marginalScale(scale, [rows, columns], otherAxis), floor),
    );
    const below = addVariable(`${name}_below`, [size, size], () => tf.zeros([size, size]));
    return {
      variables: [rho, below],
      read: () => ({scales: scaleOf(rho.read(), floor), triangle: unitTriangle(below.read())}),
    };
  };
  const row = factor('row', rows, 1);
  const column = factor('column', columns, 0);
  /** Products over rows and columns, in the shape of the weight. */
  const outer = (ofRows: tf.Tensor, ofColumns: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.mul(tf.expandDims(ofRows, 1), ofColumns), shape);
  return {
    variables: [...row.variables, ...column.variables],
    independent: rows === 1 && columns === 1,
    gaussian: true,
    read: () => {
      const [ofRows, ofColumns] = [row.read(), column.read()];
      const scales = outer(ofRows.scales, ofColumns.scales);
      return {
        variance: () => tf.mul(tf.square(scales), outer(rowSquares(ofRows.triangle), rowSquares(ofColumns.triangle))),
        deviation: (rng) => {
          const noise = tf.matMul(ofRows.triangle, normalTensor<tf.Rank.R2>(rng, [rows, columns]));
          return tf.mul(scales, tf.reshape(tf.matMul(noise, ofColumns.triangle, false, true), shape));
        },
        entropyShares: () => gaussianEntropy(scales),
      };
    },
  };
}

/** exp(mean of log scale over `axis`, less half the mean over all): the factors' product is `scale` where it factorizes. */
function marginalScale(scale: tf.Tensor, matrix: [number, number], axis: 0 | 1): tf.Tensor {
  return tf.tidy(() => {
    const logs = tf.log(tf.reshape(scale, matrix));
    return tf.exp(tf.sub(tf.mean(logs, axis), tf.div(tf.mean(logs), 2)));
  });
}
