import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';

/** A layer of tfjs with the parts that its class hides from TypeScript and that ours build on. */
export interface StockLayer extends tfl.layers.Layer {
  activation?: {apply(x: tf.Tensor): tf.Tensor; getClassName(): string} | null;
  dataFormat?: string;
}

/** The class of a layer that tfjs registers under this name: it exports factories only. */
export function stockClass<L extends tfl.layers.Layer = StockLayer>(name: string): new (config: object) => L {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[name];
  if (entry) return entry[0] as unknown as new (config: object) => L;
  throw new ConfigError(
    `layers: expected tfjs-layers to know the layer class '${name}', got none. Install @tensorflow/tfjs-layers 4.22.`,
  );
}

/** Makes a class of layers known to tfjs by its `className`, so that models that use it can be loaded. */
export function registerLayer(layerClass: unknown): void {
  tf.serialization.registerClass(layerClass as tf.serialization.SerializableConstructor<tfl.layers.Layer>);
}
