import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {withOverrides} from '../../src/models/override.ts';
import type {NoisyCall} from '../../src/posterior/net-noise.ts';
import type {CallInputs} from '../noise/noisy-layer.ts';
import {dropped} from './stock-dropout.ts';

type Masks = tf.Tensor | tf.Tensor[] | null;

interface Cell extends tfl.layers.Layer {
  readonly dropout?: number;
  readonly recurrentDropout?: number;
  readonly cells?: readonly Cell[];
  dropoutMask: Masks;
  recurrentDropoutMask: Masks;
}

/**
 * How a recurrent layer drops inputs and states, one mask for all steps of a sequence (Gal and Ghahramani 2016); undefined for
 * layers that do not.
 */
export function recurrentDropout(layer: tfl.layers.Layer): NoisyCall | undefined {
  const {cell} = layer as tfl.layers.Layer & {cell?: Cell};
  const cells = (cell?.cells ?? (cell ? [cell] : [])).filter(
    ({dropout = 0, recurrentDropout = 0}) => isRate(dropout) || isRate(recurrentDropout),
  );
  if (cells.length === 0) return undefined;
  const own = layer.call;
  // Weights with a posterior stay at their means, as in every other layer of a model whose dropout is on.
  const {inner = []} = layer as {inner?: readonly {readonly q: object}[]};
  const means = inner.flatMap(({q}) => [
    {target: q, key: 'withDraw', value: (_: unknown, body: () => tf.TensorContainer) => tf.tidy(body)},
    {target: q, key: 'checkDrawn', value: () => undefined},
  ]);
  return {
    layer,
    call: (inputs, kwargs, source) => {
      const dropoutFunc = (ones: tf.Tensor, rate: number): tf.Tensor =>
        dropped(ones, rate, source.uniforms(ones.shape));
      const overrides = [...means, ...cells.map((target) => ({target, key: 'dropoutFunc', value: dropoutFunc}))];
      for (const one of cells) forgetMasks(one);
      try {
        return withOverrides(overrides, () => own.call(layer, inputs, {...kwargs, training: true}) as CallInputs);
      } finally {
        for (const one of cells) forgetMasks(one);
      }
    },
  };
}

const isRate = (rate: number): boolean => rate > 0 && rate < 1;

/** A cell keeps its masks until its layer is called again. */
function forgetMasks(cell: Cell): void {
  for (const key of ['dropoutMask', 'recurrentDropoutMask'] as const) {
    tf.dispose(cell[key] ?? []);
    cell[key] = null;
  }
}
