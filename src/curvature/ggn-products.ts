import * as tf from '@tensorflow/tfjs-core';
import {batchesOf, countInputs, type Inputs, sliceInputs} from '../models/inputs.ts';
import type {TapFactor, TapRun} from '../models/taps.ts';
import {countedRoot} from './batch-loss.ts';
import {alongChange, preactivationChange} from './directional-derivative.ts';
import {type SubspaceFitOptions, weightCount} from './subspace.ts';
import {withTaps} from './tap-run.ts';
import {unitGradients} from './unit-gradients.ts';

/** Gradient values held at once: 64 MiB. */
const FLOATS_AT_ONCE = 2 ** 24;

type Target = Pick<SubspaceFitOptions, 'tapped' | 'likelihood' | 'layouts' | 'choice'>;

/**
 * V H of a batch, [K, P] like the rows V, without forming H or any Jacobian: with the root R of the curvature in the
 * outputs, derivatives of the outputs along each direction give R^T J v, and one backward pass of R R^T J v the rest
 * (Schraudolph 2002).
 */
export function ggnProducts(target: Target, x: Inputs, y: tf.Tensor, V: Float32Array): Promise<Float64Array> {
  return sumOverBatch(target, x, y, V, (run, columns, slopes) =>
    tf.stack(
      slopes.map((slope) =>
        tf.tidy(() => {
          const dy = tf.addN(
            columns.map((column, r) => {
              const weights = tf.reshape(slope[r] as tf.Tensor, [-1, ...column.shape.slice(1).map(() => 1)]);
              return tf.mul(column, weights);
            }),
          );
          const gradients = run.pullback(dy);
          return tf.concat(
            run.weights.map(({factor}, i) => tf.reshape(summedGradient(factor, gradients[i] as tf.Tensor), [-1])),
          );
        }),
      ),
    ),
  );
}

/** V H V^T of a batch for rows V, [K, K]. */
export function ggnProjection(target: Target, x: Inputs, y: tf.Tensor, V: Float32Array): Promise<Float64Array> {
  return sumOverBatch(target, x, y, V, (_run, _columns, slopes) => {
    const rows = tf.stack(slopes.map((slope) => tf.concat([...slope]))) as tf.Tensor2D;
    return tf.matMul(rows, rows, false, true);
  });
}

/** Adds up what `use` makes of parts of a batch from the columns of the root and R^T J v for each v, a [N] for each column. */
async function sumOverBatch(
  {tapped, likelihood, layouts, choice}: Target,
  x: Inputs,
  y: tf.Tensor,
  V: Float32Array,
  use: (run: TapRun, columns: readonly tf.Tensor[], slopes: readonly (readonly tf.Tensor1D[])[]) => tf.Tensor,
): Promise<Float64Array> {
  const size = weightCount(layouts);
  const floats = layouts.reduce((sum, layout) => sum + (layout.shared ? layout.size : layout.outputs), 0);
  const atOnce = Math.max(1, Math.floor(FLOATS_AT_ONCE / (floats * tapped.net.outputSize)));
  let sum: Float64Array | undefined;
  for (const part of batchesOf(countInputs(x), atOnce)) {
    const added = tf.tidy(() =>
      withTaps(tapped, sliceInputs(x, part.start, part.size), (run) => {
        const root = countedRoot(likelihood, run.outputs, tf.slice(y, part.start, part.size), choice);
        const columns = [...unitGradients(root)];
        const gradients = columns.map((column) => run.pullback(column));
        const slopes = directions(V, size, layouts).map((v) => slopesAlong(run.weights, gradients, v));
        return use(run, columns, slopes);
      }),
    );
    const values = await added.data();
    added.dispose();
    sum ??= new Float64Array(values.length);
    for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) + (values[k] as number);
  }
  return sum ?? new Float64Array(0);
}

/** The derivative of each column of the root along v, [N] each: sums over the weights of g times what v changes. */
function slopesAlong(
  weights: TapRun['weights'],
  gradients: readonly (readonly tf.Tensor[])[],
  v: readonly tf.Tensor[],
): tf.Tensor1D[] {
  return tf.tidy(() => {
    const changes = weights.map(({factor}, i) =>
      preactivationChange(factor, gradients[0]?.[i] as tf.Tensor, v[i] as tf.Tensor),
    );
    return gradients.map((g) => tf.addN(changes.map((change, i) => alongChange(g[i] as tf.Tensor, change))));
  });
}

/** The rows of V, each cut into one tensor for each weight. */
function directions(V: Float32Array, size: number, layouts: Target['layouts']): tf.Tensor1D[][] {
  return Array.from({length: V.length / size}, (_, k) => {
    let offset = k * size;
    return layouts.map((layout) => tf.tensor1d(V.subarray(offset, (offset += layout.size))));
  });
}

/** The gradients of all examples added up, of the shape of the weight seen as [inputs, groups, outputs]. */
function summedGradient(factor: TapFactor, g: tf.Tensor): tf.Tensor {
  switch (factor.kind) {
    case 'outer': {
      const inputs = tf.reshape(factor.inputs, [-1, factor.inputs.shape[2]]) as tf.Tensor2D;
      return tf.matMul(inputs, tf.reshape(g, [-1, g.shape[2] as number]) as tf.Tensor2D, true, false);
    }
    case 'grouped': {
      const [, , size, groups] = factor.inputs.shape;
      const inputs = tf.reshape(tf.transpose(factor.inputs, [3, 2, 0, 1]), [groups, size, -1]) as tf.Tensor3D;
      const gradients = tf.reshape(tf.transpose(g, [2, 0, 1, 3]), [groups, -1, g.shape[3] as number]) as tf.Tensor3D;
      return tf.transpose(tf.matMul(inputs, gradients), [1, 0, 2]); // [in, groups, out]
    }
    case 'lookup': {
      const rows = tf.reshape(g, [-1, g.shape[2] as number]) as tf.Tensor2D;
      return tf.unsortedSegmentSum(rows, tf.reshape(factor.ids, [-1]) as tf.Tensor1D, factor.vocabulary);
    }
    case 'direct':
      return tf.sum(g, 0);
  }
}
