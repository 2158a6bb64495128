import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {closeTo} from '../../support/close.ts';

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.5, seed});

/** A small convolutional classifier, seeded. */
export function conv(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 3,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: normal(1),
        inputShape: [6, 6, 2],
      }),
      tfl.layers.maxPooling2d({poolSize: 2}),
      tfl.layers.flatten(),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(2), biasInitializer: normal(3)}),
    ],
  });
}

/** Five images for it. */
export const images = (): tf.Tensor => tf.randomNormal([5, 6, 6, 2], 0, 1, 'float32', 4);

/** What a model predicts. */
export async function predictions(model: tfl.LayersModel, x: tf.Tensor): Promise<number[]> {
  const outputs = model.predict(x) as tf.Tensor;
  const values = Array.from(await outputs.data());
  outputs.dispose();
  return values;
}

/** Throws unless the model predicts these values, up to float32. */
export async function sameAs(model: tfl.LayersModel, x: tf.Tensor, expected: readonly number[]): Promise<void> {
  closeTo(await predictions(model, x), expected, {rtol: 1e-4, atol: 1e-6});
}

/** The model, saved and loaded. */
export async function reloaded(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
  );
  return tfl.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
}
