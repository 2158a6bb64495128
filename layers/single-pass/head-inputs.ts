import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {chainFromOutput} from '../../src/models/graph.ts';
import {isActivationLayer} from '../../src/models/head.ts';
import type {Inputs, Net} from '../../src/models/index.ts';
import {captureFeatures} from '../../src/models/last-layer.ts';
import {withOverrides} from '../../src/models/override.ts';

/** A last layer whose inputs are wanted. */
interface Head extends tfl.layers.Layer {
  /** Number of its inputs. */
  readonly inputSize: number;
}

/** The last layer of a net, under a final activation. Throws `ConfigError` where it is of another class. */
export function findHead<H extends Head>(net: Net, kind: new (...args: never[]) => H, caller: string): H {
  for (const {layer} of chainFromOutput(net.model)) {
    if (layer instanceof kind) return layer;
    if (isActivationLayer(layer)) continue;
    throw new ConfigError(
      `${caller}: expected a model that ends in the layer ${kind.name}, got '${layer.name}' (${layer.getClassName()}). ` +
        `Put that layer last; only an activation may follow.`,
    );
  }
  throw new ConfigError(`${caller}: expected a model with a layer ${kind.name}, got none.`);
}

/** What goes into the last layer at `x`, [N, ..., D], in inference mode. The caller disposes it. */
export function headInputs(net: Net, head: Head, x: Inputs): tf.Tensor {
  return tf.tidy(
    () =>
      captureFeatures({layer: head, inputSize: head.inputSize}, (overrides) =>
        withOverrides(overrides, () => net.outputs(x)),
      ).features,
  );
}
