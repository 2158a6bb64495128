import * as tf from '@tensorflow/tfjs-core';
import type {Inputs, Net} from '../../src/models/index.ts';

/**
 * The Jacobian of the outputs by one `variableGrads` for each output of each example, the slow and sure way:
 * `[example][output]` is a row over the weights of `net.weights`.
 */
export async function denseJacobian(net: Net, x: Inputs): Promise<Float64Array[][]> {
  const outputs = net.outputs(x);
  const [examples, units] = [outputs.shape[0] as number, outputs.size / (outputs.shape[0] as number)];
  outputs.dispose();
  const variables = net.weights.map((weight) => weight.read() as tf.Variable);
  const rows: Float64Array[][] = [];
  for (let n = 0; n < examples; n++) {
    const row: Float64Array[] = [];
    for (let c = 0; c < units; c++) {
      const unit = n * units + c;
      const {value, grads} = tf.variableGrads(
        () => tf.sum(tf.slice(tf.reshape(net.outputs(x), [-1]), unit, 1)) as tf.Scalar,
        variables,
      );
      const parts = await Promise.all(variables.map((variable) => (grads[variable.name] as tf.Tensor).data()));
      row.push(Float64Array.from(parts.flatMap((part) => Array.from(part))));
      tf.dispose([value, grads]);
    }
    rows.push(row);
  }
  return rows;
}

/** sum_n J_n^T Lambda_n J_n in float64, row-major, from a dense Jacobian and Lambda [N, C, C] flattened. */
export function denseGaussNewton(
  jacobian: readonly (readonly Float64Array[])[],
  fisher: ArrayLike<number>,
): Float64Array {
  const outputs = jacobian[0]?.length ?? 0;
  const size = jacobian[0]?.[0]?.length ?? 0;
  const sum = new Float64Array(size * size);
  jacobian.forEach((rows, n) => {
    for (let c = 0; c < outputs; c++) {
      for (let k = 0; k < outputs; k++) {
        const weight = fisher[(n * outputs + c) * outputs + k] as number;
        const [left, right] = [rows[c] as Float64Array, rows[k] as Float64Array];
        for (let i = 0; i < size; i++) {
          const scaled = weight * (left[i] as number);
          for (let j = 0; j < size; j++)
            sum[i * size + j] = (sum[i * size + j] as number) + scaled * (right[j] as number);
        }
      }
    }
  });
  return sum;
}
