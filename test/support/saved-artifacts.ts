import * as tf from '@tensorflow/tfjs-core';
import type {Posterior} from '../../src/posterior/index.ts';

/** What a posterior saves, kept in memory. */
export async function savedArtifacts(posterior: Pick<Posterior, 'save'>): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await posterior.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
  );
  return saved;
}
