import type * as tfl from '@tensorflow/tfjs-layers';
import {isContainer, leafLayers} from './graph.ts';

/** Parts of a layer's configuration that say nothing about the function it computes once its weights are known. */
const IGNORED = /^(name|dtype|trainable|seed|batchInputShape|inputLength)$|(Initializer|Regularizer|Constraint)$/;

/**
 * 16 hexadecimal digits that stand for a model: its architecture (layer classes, settings, connections, shapes; not names)
 * and every weight's value, trainable or not. Saving and loading a model keeps them; changing a single weight changes them.
 *
 * A check against mistakes, not against attacks: two 32-bit MurmurHash3 sums (Appleby, 2008) over the float32 bits.
 */
export async function fingerprintModel(model: tfl.LayersModel): Promise<string> {
  const values = await Promise.all(storedWeights(model).map((weight) => weight.read().data()));
  return digest([describeModel(model), ...values.map(bitsOf)]);
}

/** 16 hexadecimal digits for the architecture alone: equal for models that differ in nothing but the values of their weights. */
export function fingerprintArchitecture(model: tfl.LayersModel): string {
  return digest([describeModel(model)]);
}

/** Every weight of the model, trainable or not: layer by layer, because the order of model.weights depends on which are frozen. */
export function storedWeights(model: tfl.LayersModel): tfl.LayerVariable[] {
  return [...new Set(leafLayers(model).flatMap((layer) => layer.weights))];
}

function describeModel(model: tfl.LayersModel): Uint32Array {
  const description = {
    inputs: model.inputs.map(({shape}) => shape),
    weights: storedWeights(model).map(({shape}) => shape),
    layers: describeLayers(model),
  };
  return Uint32Array.from(new TextEncoder().encode(JSON.stringify(description)));
}

/** 16 hexadecimal digits for some numbers, each part after the other. */
export function digest(parts: readonly Uint32Array[]): string {
  return [0x9747b28c, 0x5bd1e995].map((seed) => hash(parts, seed).toString(16).padStart(8, '0')).join('');
}

/** Layers with their settings and inputs: equal for equal architectures, and fit for JSON. */
function describeLayers(container: Pick<tfl.LayersModel, 'layers' | 'nodesByDepth'>): unknown[] {
  const nodes = Object.values(container.nodesByDepth).flat();
  return container.layers.map((layer) => ({
    layer: isContainer(layer) ? describeLayers(layer) : [layer.getClassName(), withoutIgnored(layer.getConfig())],
    inputs: nodes
      .filter((node) => node.outboundLayer === layer)
      .sort((a, b) => layer.inboundNodes.indexOf(a) - layer.inboundNodes.indexOf(b))
      .map((node) =>
        node.inboundLayers.map((inbound, i) => [container.layers.indexOf(inbound), node.tensorIndices[i]]),
      ),
  }));
}

function withoutIgnored(config: unknown): unknown {
  if (Array.isArray(config)) return config.map(withoutIgnored);
  if (typeof config !== 'object' || config === null) return config;
  const kept = Object.entries(config).filter(([key, value]) => value != null && !IGNORED.test(key));
  return Object.fromEntries(
    kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, withoutIgnored(value)]),
  );
}

/** The bits of float32 or int32 values as unsigned integers; of other types, the bytes. */
export function bitsOf(values: Float32Array | Int32Array | Uint8Array): Uint32Array {
  if (values.BYTES_PER_ELEMENT !== 4) return Uint32Array.from(values);
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function hash(parts: readonly Uint32Array[], seed: number): number {
  let sum = seed;
  let length = 0;
  for (const words of parts) {
    for (let i = 0; i < words.length; i++) {
      let word = Math.imul(words[i] as number, 0xcc9e2d51);
      word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
      sum ^= word;
      sum = (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) | 0;
    }
    length += words.length;
  }
  sum ^= length * 4;
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
