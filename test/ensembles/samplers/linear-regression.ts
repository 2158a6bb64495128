import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {inverse, Matrix} from 'ml-matrix';

/** Rows, noise and prior of the regression. */
export const regression = {rows: 20, noiseScale: 0.5, priorPrecision: 2} as const;

const at = Array.from({length: regression.rows}, (_, i) => (2 * i) / (regression.rows - 1) - 0.4);
const seen = at.map((value, i) => 0.7 * value - 0.3 + 0.4 * Math.sin(9 * i));

const design = new Matrix(at.map((value) => [value, 1]));
/** Inverse covariance of slope and intercept given the data. */
export const precision = design
  .transpose()
  .mmul(design)
  .div(regression.noiseScale ** 2)
  .add(Matrix.eye(2).mul(regression.priorPrecision));

/** Posterior mean of slope and intercept. */
export const mean = inverse(precision)
  .mmul(
    design
      .transpose()
      .mmul(Matrix.columnVector(seen))
      .div(regression.noiseScale ** 2),
  )
  .to1DArray();

/** Inputs, targets repeated for each unit, and a linear layer of so many units, each a regression of its own. */
export function linearRegression(units: number): {x: tf.Tensor; y: tf.Tensor; model: tfl.Sequential} {
  const x = tf.tensor2d(at, [regression.rows, 1]);
  const y = tf.tidy(() => tf.tile(tf.tensor2d(seen, [regression.rows, 1]), [1, units]));
  const model = tfl.sequential({layers: [tfl.layers.dense({units, inputShape: [1], kernelInitializer: 'zeros'})]});
  return {x, y, model};
}

/** Slopes and intercepts of every unit over the members, coordinate by coordinate and chain by chain. */
export async function chainsOf(members: readonly (readonly tf.Tensor[])[], units: number): Promise<Float64Array[][]> {
  const coordinates = [0, 1].map(() => Array.from({length: units}, () => new Float64Array(members.length)));
  for (const [draw, weights] of members.entries()) {
    for (const [i, chains] of coordinates.entries()) {
      const values = await (weights[i] as tf.Tensor).data();
      for (const [c, chain] of chains.entries()) chain[draw] = values[c] as number;
    }
  }
  return coordinates;
}
