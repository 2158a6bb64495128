import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** The model saved and loaded, and made again from its JSON with its weights set. */
export async function roundTrip(model: tfl.LayersModel): Promise<[tfl.LayersModel, tfl.LayersModel]> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
  );
  const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
  const topology = {modelTopology: JSON.parse(JSON.stringify(saved.modelTopology)) as object};
  const rebuilt = await tfl.loadLayersModel(tf.io.fromMemory(topology));
  rebuilt.setWeights(model.getWeights());
  return [loaded, rebuilt];
}
