import * as tf from '@tensorflow/tfjs-core';

/** The two weight matrices of the net that guides a chain. */
export interface GuideWeights {
  /** [D, H]. */
  readonly input: tf.Tensor2D;
  /** [H, D]. */
  readonly output: tf.Tensor2D;
}

/** One evaluation of the net, with what its gradient needs. */
interface Guidance {
  /** n(w), [S, D]. */
  readonly value: tf.Tensor2D;
  /** sigmoid(W w + level), [S, H]. */
  readonly gate: tf.Tensor2D;
  /** silu(W w + level), [S, H]. */
  readonly units: tf.Tensor2D;
  /** 1 / root mean square of the units, [S, 1]. */
  readonly scale: tf.Tensor2D;
}

const EPSILON = 1e-6;

/** One step of a chain: kept w + guided n(w). */
export interface ChainStep {
  /** The factor of w. */
  readonly kept: number;
  /** The factor of the net's output. */
  readonly guided: number;
}

/**
 * The net n(w) = V r(u), u = silu(W w + level), r(u) = u / root mean square of u, of points w [S, D] at one noise level [H].
 *
 * Normalized units keep a chain of many steps from running away; as dividing commutes with V, the D outputs are divided instead.
 */
export function guide(w: tf.Tensor2D, level: tf.Tensor, {input, output}: GuideWeights): Guidance {
  const before = tf.add(tf.matMul(w, input), level);
  const gate = tf.sigmoid(before) as tf.Tensor2D;
  const units = tf.mul<tf.Tensor2D>(before, gate);
  const scale = tf.rsqrt(tf.add<tf.Tensor2D>(tf.mean(tf.square(units), 1, true), EPSILON));
  return {gate, units, scale, value: tf.mul(tf.matMul(units, output), scale)};
}

/**
 * The chain w_K, ..., w_0 of w_{k-1} = kept_k w_k + guided_k n(w_k) + shock_k as one tensor [K + 1, S, D], w_0 first.
 *
 * One operation with a gradient of its own: the steps share their weights, so that their gradients are two matrix products over all
 * steps at once, and a step back takes a third of the operations that the tape would. First derivatives only.
 *
 * @param start w_K, [S, D].
 * @param shocks what is added in each step, [K, S, D].
 * @param levels the embedded noise levels, [K, H].
 */
export function guidedChain(
  start: tf.Tensor2D,
  shocks: tf.Tensor3D,
  {levels, steps, ...weights}: GuideWeights & {levels: tf.Tensor2D; steps: readonly ChainStep[]},
): tf.Tensor3D {
  const differentiable = tf.customGrad((...inputs) => {
    const [w, noise, rows, input, output, save] = inputs as unknown as [...Parts, tf.GradSaveFunc];
    const evaluations: Guidance[] = [];
    const chain = [w];
    const shock = tf.unstack(noise) as tf.Tensor2D[];
    const level = tf.unstack(rows);
    for (let k = steps.length - 1; k >= 0; k--) {
      const {kept, guided} = steps[k] as ChainStep;
      const at = chain[0] as tf.Tensor2D;
      const guidance = guide(at, level[k] as tf.Tensor, {input, output});
      evaluations.unshift(guidance);
      chain.unshift(tf.addN([tf.mul(at, kept), tf.mul(guidance.value, guided), shock[k] as tf.Tensor2D]));
    }
    const value = tf.stack(chain);
    const saved = evaluations.flatMap(({gate, units, scale, value}) => [gate, units, scale, value]);
    save([value, input, output, ...saved]);
    return {value, gradFunc: (upstream: tf.Tensor, kept: tf.Tensor[]) => backward(upstream, kept, steps)};
  });
  return tf.tidy(() => differentiable(start, shocks, levels, weights.input, weights.output) as tf.Tensor3D);
}

type Parts = [tf.Tensor2D, tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
type Matrices = [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

/** The gradients of start, shocks, levels, input and output from that of the chain. */
function backward(upstream: tf.Tensor, saved: tf.Tensor[], steps: readonly ChainStep[]): tf.Tensor[] {
  const [value, input, output, ...tensors] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, ...tf.Tensor2D[]];
  const [, size, dimension] = value.shape;
  const hidden = input.shape[1];
  const arriving = tf.unstack(upstream) as tf.Tensor2D[];
  let toPoint = arriving[0] as tf.Tensor2D;
  const toShocks: tf.Tensor2D[] = [];
  const toOutputs: tf.Tensor2D[] = [];
  const toUnits: tf.Tensor2D[] = [];
  const toBefore: tf.Tensor2D[] = [];
  steps.forEach(({kept, guided}, k) => {
    const [gate, units, scale, guidance] = tensors.slice(4 * k, 4 * k + 4) as Matrices;
    const toOutput = tf.mul<tf.Tensor2D>(toPoint, tf.mul(scale, guided));
    // d scale / d units = -scale^3 units / H, and toOutput and guidance hold a factor of scale each.
    const alignment = tf.sum(tf.mul(toOutput, guidance), 1, true);
    const pull = tf.mul(tf.mul(alignment, scale), -1 / hidden);
    const toUnit = tf.add<tf.Tensor2D>(tf.matMul(toOutput, output, false, true), tf.mul(units, pull));
    const slope = tf.sub(tf.add(gate, units), tf.mul(gate, units));
    const before = tf.mul<tf.Tensor2D>(toUnit, slope);
    toShocks.push(toPoint);
    toOutputs.push(toOutput);
    toUnits.push(units);
    toBefore.push(before);
    toPoint = tf.addN([tf.mul(toPoint, kept), tf.matMul(before, input, false, true), arriving[k + 1] as tf.Tensor2D]);
  });
  const points = tf.reshape(tf.slice(value, [1, 0, 0]), [steps.length * size, dimension]) as tf.Tensor2D;
  const allBefore = tf.concat2d(toBefore, 0);
  return [
    toPoint,
    tf.stack(toShocks),
    tf.sum(tf.reshape(allBefore, [steps.length, size, hidden]), 1),
    tf.matMul(points, allBefore, true, false),
    tf.matMul(tf.concat2d(toUnits, 0), tf.concat2d(toOutputs, 0), true, false),
  ];
}
