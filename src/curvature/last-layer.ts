import * as tf from '@tensorflow/tfjs-core';
import type {SummedStructure} from './curvature.ts';
import type {OutputCurvature} from './output-curvature.ts';

/** A batch's sums, in the form that `Curvature.absorb` takes. */
export interface CurvatureSums {
  readonly inputSums: tf.Tensor[];
  readonly gradientSums: tf.Tensor[];
}

/**
 * The curvature of a net's last Dense layer in closed form: with features phi and the C x C Fisher Lambda of the outputs,
 *
 *     H = sum over rows of [phi; 1] [phi; 1]^T (x) Lambda
 *
 * without a backward pass. `features` [M, D] and `fisher` have one row for each position of each example. Rows with a
 * masked label must be zero in both; `rows` says how many are not.
 */
export function lastLayerSums(
  structure: SummedStructure,
  features: tf.Tensor2D,
  fisher: OutputCurvature,
  {hasBias, rows}: {hasBias: boolean; rows: tf.Scalar},
): CurvatureSums {
  switch (structure) {
    case 'full':
      return {inputSums: [], gradientSums: [fullSum(features, fisher.matrices(), hasBias)]};
    case 'kron':
      return kronSums(features, fisher.sum(), hasBias, rows);
    case 'diag':
      return {inputSums: [], gradientSums: diagSums(features, fisher.diagonal(), hasBias)};
  }
}

/** P x P in the flat order of a kernel [D, C] followed by a bias [C]: row d C + c. */
function fullSum(features: tf.Tensor2D, fisher: tf.Tensor3D, hasBias: boolean): tf.Tensor {
  return tf.tidy(() => {
    const [rows, classes] = fisher.shape;
    const extended = hasBias ? tf.concat([features, tf.ones([rows, 1])], 1) : features;
    const size = extended.shape[1] as number;
    const entries = tf.reshape(fisher, [rows, classes * classes]) as tf.Tensor2D;
    const blocks: (tf.Tensor | undefined)[] = new Array(classes * classes);
    for (let c = 0; c < classes; c++) {
      for (let k = 0; k <= c; k++) {
        const entry = tf.slice(entries, [0, c * classes + k], [rows, 1]);
        const block = tf.matMul(extended, tf.mul(extended, entry) as tf.Tensor2D, true, false); // [size, size], symmetric
        blocks[c * classes + k] = block;
        blocks[k * classes + c] = block;
      }
    }
    const stacked = tf.reshape(tf.stack(blocks as tf.Tensor[]), [classes, classes, size, size]);
    return tf.reshape(tf.transpose(stacked, [2, 0, 3, 1]), [size * classes, size * classes]);
  });
}

function kronSums(features: tf.Tensor2D, output: tf.Tensor2D, hasBias: boolean, rows: tf.Scalar): CurvatureSums {
  return {
    inputSums: [tf.matMul(features, features, true, false), tf.clone(rows)],
    gradientSums: hasBias ? [output, tf.clone(output)] : [output],
  };
}

function diagSums(features: tf.Tensor2D, diagonal: tf.Tensor2D, hasBias: boolean): tf.Tensor[] {
  return tf.tidy(() => {
    const kernel = tf.matMul(tf.square(features), diagonal, true, false);
    return hasBias ? [kernel, tf.sum(diagonal, 0)] : [kernel];
  });
}
