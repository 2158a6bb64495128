import * as tf from '@tensorflow/tfjs-core';
import type {Laplace} from '../../laplace/index.ts';

/** A handler that loads what the posterior saves. */
export async function saved(posterior: Laplace): Promise<tf.io.IOHandler> {
  let written: tf.io.ModelArtifacts | undefined;
  await posterior.save(
    tf.io.withSaveHandler(async (artifacts) => {
      written = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
  );
  return tf.io.fromMemory(written as tf.io.ModelArtifacts);
}
