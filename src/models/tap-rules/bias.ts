import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import type {TapContribution} from './tap-rule.ts';

/** The tap of a bias [C] that is added to every position of `target` [N, ..., C]: g summed over positions. */
export function biasTap(variable: LayerVariable, target: tf.Tensor): TapContribution {
  return {
    variable,
    target,
    factor: () => ({kind: 'direct'}),
    gradient: (g) => sumPositions(g),
  };
}

/** [N, ..., C] summed over all axes but the first and the last: [N, C]. */
function sumPositions(values: tf.Tensor): tf.Tensor2D {
  const [examples, channels] = [values.shape[0] as number, values.shape.at(-1) as number];
  const rows = tf.reshape(values, [examples, -1, channels]);
  return (rows.shape[1] === 1 ? tf.reshape(rows, [examples, channels]) : tf.sum(rows, 1)) as tf.Tensor2D;
}

/** [N, ..., C] with the middle axes merged into positions: [N, R, C]. */
export function positions(values: tf.Tensor): tf.Tensor3D {
  return tf.reshape(values, [values.shape[0] as number, -1, values.shape.at(-1) as number]) as tf.Tensor3D;
}
