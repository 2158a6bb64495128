import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {ShapeError, UnsupportedLayerError} from '../errors.ts';
import type {Override} from './override.ts';
import {tappedClasses, tapRuleOf} from './tap-rules/registry.ts';
import type {TapContribution, TapRule} from './tap-rules/tap-rule.ts';
import {recordTape, type Tape} from './tape.ts';
import type {TapFactor, TappedWeight, TapRun} from './taps.ts';

/** What a tapped evaluation needs to know of a net. */
export interface Tappable {
  /** The layers of the net that hold no layers themselves. */
  readonly layers: readonly tfl.layers.Layer[];
  /** The weights to tap. */
  readonly weights: readonly LayerVariable[];
  /** Evaluates f while the overrides hold. */
  forward(overrides: readonly Override[]): tf.Tensor;
}

/** One weight and every call of its layer. */
interface Tap {
  readonly variable: LayerVariable;
  layerName: string;
  readonly calls: TapContribution[];
}

/**
 * One recorded evaluation of a net on `examples` inputs, and what frees it.
 *
 * @throws UnsupportedLayerError if a layer with weights to tap has no rule.
 * @throws ShapeError if a tapped layer sees another number of examples than the net.
 */
export function recordTaps(net: Tappable, examples: number): {run: TapRun; dispose(): void} {
  const taps = new Map(net.weights.map((variable): [LayerVariable, Tap] => [variable, newTap(variable)]));
  const held: {dispose(): void}[] = [];
  const dispose = (): void => {
    for (const one of held.splice(0)) one.dispose();
  };
  const keep = <T extends tf.Tensor>(tensor: T): T => {
    const copy = tf.keep(tf.clone(tensor));
    held.push(copy);
    return copy;
  };
  const tapLayer = (layer: tfl.layers.Layer, rule: TapRule, input: tf.Tensor): tf.Tensor => {
    checkExamples(layer, input, examples);
    const {output, weights} = rule(layer, keep(input), keep);
    for (const contribution of weights) {
      const tap = taps.get(contribution.variable);
      if (tap === undefined) continue;
      tap.layerName = layer.name;
      tap.calls.push(contribution);
    }
    return output;
  };
  const overrides = layersToTap(net).map(
    ({layer, rule}): Override => ({
      target: layer,
      key: 'call',
      value: (inputs: tf.Tensor | tf.Tensor[]): tf.Tensor =>
        tf.tidy(() => tapLayer(layer, rule, Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs)),
    }),
  );
  try {
    const tape = recordTape(() => {
      const output = net.forward(overrides);
      const targets = [...taps.values()].flatMap(({calls}) => calls.map(({target}) => target));
      return {output, targets: [...new Set(targets)]};
    });
    held.push(tape);
    return {run: tapRun([...taps.values()], tape), dispose};
  } catch (error) {
    dispose();
    throw error;
  }
}

function newTap(variable: LayerVariable): Tap {
  return {variable, layerName: variable.name, calls: []};
}

/** Also layers without a wanted weight where they have a rule: its backward pass computes no weight gradients in vain. */
function layersToTap({layers, weights}: Tappable): {layer: tfl.layers.Layer; rule: TapRule}[] {
  const wanted = new Set(weights);
  return layers.flatMap((layer) => {
    const rule = tapRuleOf(layer.getClassName());
    if (rule !== undefined) return [{layer, rule}];
    if (layer.trainableWeights.some((variable) => wanted.has(variable))) throw unsupported(layer);
    return [];
  });
}

function unsupported(layer: tfl.layers.Layer): UnsupportedLayerError {
  return new UnsupportedLayerError(
    `net.taps: expected layers with a tap rule (${tappedClasses().join(', ')}), got '${layer.name}' ` +
      `(${layer.getClassName()}). Freeze it (layer.trainable = false), use weights: 'last-layer', or teach its class with ` +
      'registerTapRule.',
    layer.name,
    layer.getClassName(),
  );
}

function checkExamples(layer: tfl.layers.Layer, input: tf.Tensor, examples: number): void {
  if (input.shape[0] === examples) return;
  throw new ShapeError(
    `net.taps: expected ${examples} examples on the first axis of the input of layer '${layer.name}', got ` +
      `[${input.shape.join(', ')}]. Per-example gradients need layers that keep the first axis.`,
  );
}

function tapRun(taps: readonly Tap[], tape: Tape): TapRun {
  const weights = taps.map(({variable, layerName, calls}): TappedWeight => {
    if (calls.length === 0) {
      throw new UnsupportedLayerError(
        `net.taps: expected the tap rule of every layer to cover its weights, got none for '${variable.name}'. Freeze its ` +
          "layer (layer.trainable = false) or use weights: 'last-layer'.",
        layerName,
        'unknown',
      );
    }
    return {variable, layerName, factor: joinFactors(calls.map((call) => call.factor()))};
  });
  const pullback = (dy: tf.Tensor): tf.Tensor[] => {
    if (dy.shape.join() !== tape.output.shape.join()) {
      throw new ShapeError(
        `pullback: expected dy of the shape of the outputs [${tape.output.shape.join(', ')}], got ` +
          `[${dy.shape.join(', ')}]. Pass one number per output.`,
      );
    }
    return tf.tidy(() => {
      const gradients = tape.pullback(dy);
      const gradientAt = new Map(tape.targets.map((target, i) => [target.id, gradients[i] as tf.Tensor]));
      return taps.map(({calls}, i) => {
        const kind = (weights[i] as TappedWeight).factor.kind;
        return joinGradients(
          kind,
          calls.map((call) => call.gradient(gradientAt.get(call.target.id) as tf.Tensor)),
        );
      });
    });
  };
  return {outputs: tape.output, weights, pullback};
}

/** The calls of a shared layer are further positions of the same example. */
function joinFactors(factors: readonly TapFactor[]): TapFactor {
  const [first] = factors as [TapFactor, ...TapFactor[]];
  if (factors.length === 1 || first.kind === 'direct') return first;
  switch (first.kind) {
    case 'outer':
      return {
        kind: 'outer',
        inputs: tf.concat(
          factors.map((factor) => (factor as typeof first).inputs),
          1,
        ),
      };
    case 'grouped':
      return {
        kind: 'grouped',
        inputs: tf.concat(
          factors.map((factor) => (factor as typeof first).inputs),
          1,
        ),
      };
    case 'lookup':
      return {
        ...first,
        ids: tf.concat(
          factors.map((factor) => (factor as typeof first).ids),
          1,
        ),
      };
  }
}

function joinGradients(kind: TapFactor['kind'], gradients: readonly tf.Tensor[]): tf.Tensor {
  if (gradients.length === 1) return gradients[0] as tf.Tensor;
  return kind === 'direct' ? tf.addN([...gradients]) : tf.concat([...gradients], 1);
}
