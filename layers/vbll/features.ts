import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, ModelMismatchError} from '../../src/errors.ts';
import {fingerprintModel} from '../../src/models/fingerprint.ts';
import {chainFromOutput} from '../../src/models/graph.ts';
import {createNet, type Inputs, toModelInputs} from '../../src/models/index.ts';
import {captureFeatures} from '../../src/models/last-layer.ts';
import {withOverrides} from '../../src/models/override.ts';
import {VbllHead} from './head.ts';

/** Where the features of a head come from: what goes into a model's last layer. */
export interface FeatureSource {
  /** Features [N, ..., D] at `x`, in inference mode; the caller disposes them. */
  features(x: Inputs): tf.Tensor;
  /** Throws `ModelMismatchError` if the model's weights are no longer those of the start. */
  check(caller: string): Promise<void>;
  /** Takes the model as it is now for the start. */
  renew(): void;
  /** Fingerprint of the model; undefined where there is no LayersModel. */
  fingerprint(): Promise<string> | undefined;
}

/** The VBLL head that a model ends in. Throws `ConfigError` where it ends in another layer. */
export function findHead(model: tfl.LayersModel, caller: string): VbllHead {
  if (model.outputs.length === 1) {
    for (const {layer} of chainFromOutput(model)) {
      if (layer instanceof VbllHead) return layer;
      throw new ConfigError(
        `${caller}: expected a model that ends in a VBLL head, got '${layer.name}' (${layer.getClassName()}). ` +
          'End it in vbllRegression(...) or vbllClassification(...), or use fitVbllHead(model, x, y).',
      );
    }
  }
  throw new ConfigError(
    `${caller}: expected a model with one output, got ${model.outputs.length}. Make a model of one of them with tf.model.`,
  );
}

/** What goes into the head that the model ends in. */
export function headFeatures(model: tfl.LayersModel, head: VbllHead): FeatureSource {
  return ofModel(model, (x) =>
    tf.tidy(() => {
      const inputs = toModelInputs(model, x, 'vbllPosterior.predict');
      const {features} = captureFeatures({layer: head, inputSize: head.inputSize}, (overrides) =>
        withOverrides(overrides, () => model.apply(inputs, {training: false}) as tf.Tensor),
      );
      return features;
    }),
  );
}

/** What goes into the last Dense layer of a model, with a constant 1 after it where that layer has a bias. */
export function denseFeatures(model: tfl.LayersModel, caller: string): FeatureSource {
  const net = createNet(model, {caller});
  const {bias} = net.lastLayer;
  return ofModel(model, (x) =>
    tf.tidy(() => {
      const {features} = net.features(x);
      return bias ? tf.concat([features, tf.ones([...features.shape.slice(0, -1), 1])], -1) : features;
    }),
  );
}

/** Features that a function gives, of a graph model for example. */
export function functionFeatures(features: (x: Inputs) => tf.Tensor): FeatureSource {
  return {
    features: (x) => tf.tidy(() => features(x)),
    fingerprint: () => undefined,
    check: async () => undefined,
    renew: () => undefined,
  };
}

function ofModel(model: tfl.LayersModel, features: (x: Inputs) => tf.Tensor): FeatureSource {
  if (!model.built) (model as tfl.Sequential).build();
  let start = fingerprintModel(model);
  return {
    features,
    fingerprint: () => start,
    renew: () => {
      start = fingerprintModel(model);
    },
    check: async (caller) => {
      if ((await fingerprintModel(model)) === (await start)) return;
      throw new ModelMismatchError(
        `${caller}: expected the weights that the posterior was made for, got others: the model has been trained or ` +
          'changed since. Make the posterior again.',
      );
    },
  };
}
