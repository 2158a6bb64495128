import {readFile, writeFile} from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';

/** Saves a model into one file and loads it again: 'file://' URLs exist in tfjs-node only. */
export function modelFile(path: string): tf.io.IOHandler {
  return {
    async save(artifacts) {
      const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
      const weightData = Buffer.from(weights).toString('base64');
      await writeFile(path, JSON.stringify({...artifacts, weightData}));
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    },
    async load() {
      const artifacts = JSON.parse(await readFile(path, 'utf8'));
      return {...artifacts, weightData: new Uint8Array(Buffer.from(artifacts.weightData, 'base64')).buffer};
    },
  };
}
