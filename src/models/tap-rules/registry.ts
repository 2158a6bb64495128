import {tapConv1D, tapConv2D} from './conv.ts';
import {tapDense} from './dense.ts';
import {tapDepthwiseConv2D} from './depthwise-conv2d.ts';
import {tapEmbedding} from './embedding.ts';
import {tapBatchNormalization, tapLayerNormalization} from './normalization.ts';
import type {TapRule} from './tap-rule.ts';

const rules = new Map<string, TapRule>([
  ['Dense', tapDense],
  ['Conv1D', tapConv1D],
  ['Conv2D', tapConv2D],
  ['DepthwiseConv2D', tapDepthwiseConv2D],
  ['Embedding', tapEmbedding],
  ['BatchNormalization', tapBatchNormalization],
  ['LayerNormalization', tapLayerNormalization],
]);

/**
 * Teaches `net.taps` a layer class, so that curvature over all weights works for models with such layers; a rule for a class
 * that has one already replaces it.
 *
 * @param className What the layer's `getClassName()` returns.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {createNet, initBackend, registerTapRule} from 'tfjs-bayes';
 *
 * await initBackend({prefer: 'cpu'});
 * // y = x * scale, one weight per feature; the gradient of an example is x * g
 * class Scale extends tfl.layers.Layer {
 *   static className = 'Scale';
 *   override build(shape: tfl.Shape): void {
 *     this.addWeight('scale', [shape.at(-1) as number], 'float32', tfl.initializers.ones());
 *     this.built = true;
 *   }
 *   override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
 *     return tf.mul(Array.isArray(inputs) ? inputs[0] as tf.Tensor : inputs, (this.weights[0] as tfl.LayerVariable).read());
 *   }
 * }
 * registerTapRule('Scale', (layer, input) => {
 *   const scale = layer.trainableWeights[0] as tfl.LayerVariable;
 *   const output = tf.mul(input, scale.read());
 *   const weight = {
 *     variable: scale,
 *     target: output,
 *     factor: () => ({kind: 'direct'} as const),
 *     gradient: (g: tf.Tensor) => tf.mul(g, input),
 *   };
 *   return {output, weights: [weight]};
 * });
 *
 * const x = tfl.input({shape: [3]});
 * const model = tfl.model({inputs: x, outputs: new Scale({}).apply(x) as tfl.SymbolicTensor});
 * const gradient = createNet(model).taps(tf.tensor2d([[1, 2, 3]]), (run) => run.pullback(tf.ones([1, 3]))[0] as tf.Tensor);
 * console.log(await gradient.array()); // [[1, 2, 3]]
 * ```
 */
export function registerTapRule(className: string, rule: TapRule): void {
  rules.set(className, rule);
}

/** The rule of a layer class, where there is one. */
export function tapRuleOf(className: string): TapRule | undefined {
  return rules.get(className);
}

/** The layer classes that have a rule. */
export function tappedClasses(): string[] {
  return [...rules.keys()];
}
