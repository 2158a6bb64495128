import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, FormatError, ModelMismatchError} from '../../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../../src/io/index.ts';
import {denseFeatures, type FeatureSource, findHead, headFeatures} from './features.ts';
import type {VbllHead} from './head.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'layers/vbll';
export const SAVED_VERSION = 1;

/** A head that belongs to no model, as JSON. */
interface SavedHead {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
  readonly shapes: readonly (readonly number[])[];
}

/** The fingerprint of the model, and the head with its weights where it is not part of the model. */
export async function toSaved(head: VbllHead, source: FeatureSource, ownsHead: boolean): Promise<SavedPosterior> {
  const fingerprint = await source.fingerprint();
  if (fingerprint === undefined) {
    throw new ConfigError(
      'vbllPosterior.save: expected features of a LayersModel, got a function. Save the weights of posterior.head instead.',
    );
  }
  const base = {kind: SAVED_KIND, version: SAVED_VERSION};
  if (!ownsHead) return {...base, config: {fingerprint, head: null}, arrays: {}};
  const weights = head.getWeights();
  const values = await Promise.all(weights.map((weight) => weight.data()));
  const saved: SavedHead = {
    className: head.getClassName(),
    config: head.getConfig(),
    shapes: weights.map(({shape}) => shape),
  };
  return {
    ...base,
    config: {fingerprint, head: saved as unknown as Json},
    arrays: Object.fromEntries(values.map((value, i) => [`weight${i}`, Float32Array.from(value)])),
  };
}

/** The head and its features, checked against the model. */
export async function fromSaved(
  {config, arrays}: SavedPosterior,
  {model}: LoadContext,
): Promise<{head: VbllHead; source: FeatureSource; ownsHead: boolean}> {
  const saved = config.head as unknown as SavedHead | null;
  const ownsHead = saved !== null;
  const modelHead = ownsHead ? undefined : findHead(model, 'loadPosterior');
  const source = modelHead ? headFeatures(model, modelHead) : denseFeatures(model, 'loadPosterior');
  const fingerprint = await source.fingerprint();
  if (fingerprint !== config.fingerprint) {
    throw new ModelMismatchError(
      `loadPosterior: expected the model with fingerprint ${config.fingerprint}, got ${fingerprint}. ` +
        'Load the model that was saved together with this posterior, with the same weights.',
    );
  }
  return {head: modelHead ?? revive(saved as SavedHead, arrays), source, ownsHead};
}

function revive({className, config, shapes}: SavedHead, arrays: SavedPosterior['arrays']): VbllHead {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (!entry) {
    throw new FormatError(`loadPosterior: expected a head that is known, got '${className}'. Update tfjs-bayes.`);
  }
  const head = new entry[0](config) as unknown as VbllHead;
  const [inputs] = shapes.find((shape) => shape.length === 2) as readonly number[];
  tf.tidy(() => {
    head.apply(tf.zeros([1, inputs as number]));
    head.setWeights(shapes.map((shape, i) => tf.tensor(arrays[`weight${i}`] as Float32Array, [...shape], 'float32')));
  });
  return head;
}
