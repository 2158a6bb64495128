import * as tf from '@tensorflow/tfjs-core';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../models/inputs.ts';
import {perExampleGradient} from './per-example-gradient.ts';
import {type TappedNet, withTaps} from './tap-run.ts';
import {unitGradients} from './unit-gradients.ts';

/** Numbers in the rows that are on the device at once: 64 MiB. */
const FLOATS_AT_ONCE = 2 ** 24;

/**
 * D^T J of every example in float32: for each column of its directions D [N, ..., C, R] in the outputs, and for each
 * position, one row over the `size` weights. `directions` is asked for some examples at a time, from `start` on.
 */
export async function jacobianRows(
  tapped: TappedNet,
  x: Inputs,
  size: number,
  directions: (outputs: tf.Tensor, start: number) => tf.Tensor,
): Promise<Float32Array[]> {
  const parts: Float32Array[] = [];
  const atOnce = Math.max(1, Math.floor(FLOATS_AT_ONCE / (size * tapped.net.outputSize)));
  for (const batch of batchesOf(countInputs(x), atOnce)) {
    const rows = tf.tidy(() =>
      withTaps(tapped, sliceInputs(x, batch.start, batch.size), ({outputs, weights, pullback}) =>
        Array.from(unitGradients(directions(outputs, batch.start)), (dy) =>
          tf.tidy(() => {
            const gradients = pullback(dy);
            return tf.concat(
              weights.map(({factor}, i) => perExampleGradient(factor, gradients[i] as tf.Tensor)),
              1,
            );
          }),
        ),
      ),
    );
    try {
      parts.push(...((await Promise.all(rows.map((row) => row.data()))) as Float32Array[]));
    } finally {
      tf.dispose(rows);
    }
  }
  return parts;
}
