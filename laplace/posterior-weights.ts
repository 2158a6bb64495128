import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {type CurvatureWeights, subnet, type WeightLayout, weightLayouts} from '../src/curvature/index.ts';
import {createNet, type Inputs, type Net, type NetOptions, readWeights, weightSizes} from '../src/models/index.ts';
import type {ChosenWeights} from './subnetwork.ts';

/** The weights that have a posterior, seen through a net that taps those alone. */
export class PosteriorWeights {
  /** Which they are, in the form that is saved. */
  readonly chosen: ChosenWeights;
  /** The net; its taps see these weights and no others. */
  readonly net: Net;
  /** Whether the last layer's closed forms apply. */
  readonly path: CurvatureWeights;
  /** The variables that hold them, in order. */
  readonly variables: readonly LayerVariable[];
  /** Name of the layer of each variable. */
  readonly layerNames: readonly string[];
  /** The positions in each variable that have a posterior, where it is not all of them. */
  readonly #elements: readonly Int32Array[] | undefined;

  constructor(model: LayersModel, chosen: ChosenWeights, options: Pick<NetOptions, 'output' | 'caller'> = {}) {
    const whole = createNet(model, options);
    this.chosen = chosen;
    this.path = chosen === 'last-layer' ? 'last-layer' : 'all';
    if (typeof chosen === 'string') {
      this.net = whole;
    } else if ('tensors' in chosen) {
      this.net = createNet(model, {...options, only: (i) => chosen.tensors.includes(i)});
    } else {
      const byTensor = splitIndices(chosen.indices, weightSizes(whole.weights));
      this.#elements = byTensor.filter(({length}) => length > 0);
      const only = (i: number): boolean => (byTensor[i] as Int32Array).length > 0;
      this.net = subnet(createNet(model, {...options, only}), this.#elements);
    }
    this.variables = chosen === 'last-layer' ? lastLayerVariables(whole) : this.net.weights;
    this.layerNames =
      chosen === 'last-layer' ? this.variables.map(() => whole.lastLayer.layer.name) : this.net.layerNames;
  }

  /** The layout of each variable's part; `x` is any one batch. */
  layouts(x: Inputs): WeightLayout[] {
    return weightLayouts(this.net, this.path, x);
  }

  /** Each variable's part: its name, and how many of its scalars have a posterior. */
  get tensors(): {readonly name: string; readonly size: number}[] {
    const sizes = weightSizes(this.variables);
    return this.variables.map(({originalName: name}, i) => ({
      name,
      size: this.#elements?.[i]?.length ?? (sizes[i] as number),
    }));
  }

  /** The trained values, flat. */
  async read(): Promise<Float64Array> {
    const all = await readWeights(this.variables);
    const elements = this.#elements;
    if (!elements) return all;
    let offset = 0;
    const parts = weightSizes(this.variables).flatMap((size, i) => {
      const start = offset;
      offset += size;
      return Array.from(elements[i] as Int32Array, (element) => all[start + element] as number);
    });
    return Float64Array.from(parts);
  }

  /** A flat vector over these weights cut into one vector for each variable. */
  cut(flat: Float64Array): Float32Array[] {
    let offset = 0;
    return this.tensors.map(({size}) => Float32Array.from(flat.subarray(offset, (offset += size))));
  }

  /** A flat vector over these weights as tensors of the shapes of `variables`, 0 where a weight has no posterior. */
  toTensors(flat: Float64Array): tf.Tensor[] {
    const sizes = weightSizes(this.variables);
    return this.cut(flat).map((part, i) => {
      const shape = (this.variables[i] as LayerVariable).shape as number[];
      const elements = this.#elements?.[i];
      if (!elements) return tf.tensor(part, shape);
      const values = new Float32Array(sizes[i] as number);
      elements.forEach((element, k) => {
        values[element] = part[k] as number;
      });
      return tf.tensor(values, shape);
    });
  }
}

function lastLayerVariables(net: Net): LayerVariable[] {
  const {kernel, bias} = net.lastLayer;
  return bias ? [kernel, bias] : [kernel];
}

/** Sorted positions in the flat vector of all weights, as positions in each weight. */
function splitIndices(indices: readonly number[], sizes: readonly number[]): Int32Array[] {
  let next = 0;
  let start = 0;
  return sizes.map((size) => {
    const first = next;
    const offset = start;
    start += size;
    while (next < indices.length && (indices[next] as number) < start) next++;
    return Int32Array.from(indices.slice(first, next), (index) => index - offset);
  });
}
