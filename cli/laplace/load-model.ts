import {readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, loadLayersModel} from '@tensorflow/tfjs-layers';
import {z} from 'zod';
import {DataError, FormatError} from '../../src/errors.ts';
import {describe} from '../read/open.ts';

const schema = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z
    .array(
      z.looseObject({
        paths: z.array(z.string().min(1)),
        weights: z.array(z.looseObject({name: z.string(), shape: z.array(z.int().min(0)), dtype: z.string()})),
      }),
    )
    .min(1),
});

/**
 * Loads a layers model from its model.json and the weight files beside it.
 *
 * @throws FormatError where the file is no layers model, or weights are missing or cut off.
 */
export async function loadModel(path: string): Promise<LayersModel> {
  const json = await readJson(path);
  if (typeof json === 'object' && json !== null && 'format' in json && json.format === 'graph-model') {
    throw new FormatError(
      `${path}: expected a layers model, got a graph model, whose layers are gone. Convert it with --output_format tfjs_layers_model.`,
    );
  }
  const read = schema.safeParse(json);
  if (!read.success) {
    const at = read.error.issues[0]?.path.join('.') || 'the whole';
    throw new FormatError(
      `${path}: expected the model.json of a TensorFlow.js layers model, got another at ${at}. Save the model again.`,
    );
  }
  const load = async (manifest: tf.io.WeightsManifestConfig): Promise<[tf.io.WeightsManifestEntry[], ArrayBuffer]> => {
    const names = manifest.flatMap(({paths}) => paths.map((name) => join(dirname(path), name)));
    const parts = await Promise.all(names.map(readBytes));
    return [manifest.flatMap(({weights}) => weights), tf.io.concatenateArrayBuffers(parts)];
  };
  const artifacts = await tf.io.getModelArtifactsForJSON(json as tf.io.ModelJSON, load);
  try {
    return await loadLayersModel({load: async () => artifacts});
  } catch (cause) {
    throw new FormatError(
      `${path}: expected a model that TensorFlow.js can load, got: ${describe(cause).slice(0, 300)}`,
      {cause},
    );
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason =
      cause instanceof SyntaxError ? 'expected JSON, got text that is none. Is the file cut off?' : describe(cause);
    throw new FormatError(`${path}: ${reason}`, {cause});
  }
}

async function readBytes(path: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError(`${path}: ${describe(cause)}`, {cause});
  });
  return new Uint8Array(bytes).buffer;
}
