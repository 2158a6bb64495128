import * as tf from '@tensorflow/tfjs-core';

/** Stands for no element where the largest is looked for. */
const LOWEST = -1e30;

/**
 * Mean and largest of the elements [n, m, h] of each set, side by side, [n, 2 h]; only those of a mask [n, m] where there is one.
 * A set of none gives zeros.
 *
 * One gradient for both, of products and differences: tfjs's own of `tf.max` compares and costs thirty times as much on wasm.
 */
export function poolMeanMax(elements: tf.Tensor3D, mask: tf.Tensor2D | undefined): tf.Tensor2D {
  const [n, m, h] = elements.shape;
  const pool = tf.customGrad((x, save) => {
    const values = x as tf.Tensor3D;
    const there = mask && tf.expandDims(mask, 2);
    const share = there ? tf.div(there, tf.maximum(tf.sum(there, 1, true), 1)) : undefined;
    const mean = share ? tf.sum(tf.mul(values, share), 1) : tf.mean(values, 1);
    const shown = there ? tf.add(values, tf.mul(tf.sub(1, there), LOWEST)) : values;
    const top = tf.max(shown, 1, true);
    // 0 for a set of none.
    const some = there && tf.step(tf.sum(there, 1, true));
    const largest = some ? tf.mul(top, some) : top;
    (save as tf.GradSaveFunc)(share && some ? [shown, top, share, some] : [shown, top]);
    const value = tf.concat2d([mean as tf.Tensor2D, tf.squeeze(largest, [1])], 1);
    const gradFunc = (upstream: tf.Tensor, saved: tf.Tensor[]) => {
      const [seen, highest, shares, filled] = saved as [tf.Tensor, tf.Tensor, tf.Tensor?, tf.Tensor?];
      const part = (column: number) => tf.reshape(tf.slice(upstream as tf.Tensor2D, [0, column], [n, h]), [n, 1, h]);
      const ofMean = part(0);
      const ofMax = filled ? tf.mul(part(h), filled) : part(h);
      const smaller = tf.mul(ofMax, tf.step(tf.sub(highest, seen)));
      if (shares === undefined) return tf.sub(tf.add(tf.div(ofMean, m), ofMax), smaller);
      return tf.add(tf.mul(ofMean, shares), tf.sub(ofMax, smaller));
    };
    return {value, gradFunc};
  });
  return pool(elements) as tf.Tensor2D;
}
