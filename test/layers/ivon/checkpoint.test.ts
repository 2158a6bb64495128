import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ivon} from '../../../layers/index.ts';
import {checkpointTraining, createRng, resumeTraining, shuffledBatches} from '../../../src/index.ts';
import {closeTo} from '../../support/close.ts';

function compiled(): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotUniform({seed: 3});
  const layers = [
    tfl.layers.dense({name: 'only', units: 1, inputShape: [2], activation: 'sigmoid', kernelInitializer}),
  ];
  const model = tfl.sequential({layers});
  model.compile({optimizer: ivon(0.5, {ess: 12, beta2: 0.9, rng: createRng(7)}), loss: 'binaryCrossentropy'});
  return model;
}

async function train(model: tfl.LayersModel, initialEpoch: number, callbacks: tfl.Callback[]): Promise<number[]> {
  const x = tf.randomNormal([12, 2], 0, 1, 'float32', 1);
  const y = tf.tidy(() => tf.cast(tf.greater(tf.sum(x, 1, true), 0), 'float32'));
  const data = shuffledBatches(x, y, {batchSize: 4, rng: createRng(1), initialEpoch});
  await model.fitDataset(data, {epochs: 4, initialEpoch, verbose: 0, callbacks});
  tf.dispose([x, y]);
  return (await Promise.all(model.getWeights().map((weight) => weight.data()))).flatMap((part) => Array.from(part));
}

describe('checkpoints of training with ivon', () => {
  it('leave the optimizer whole, and go on bit for bit', async () => {
    let saved: tf.io.ModelArtifacts[] = [];
    const place = tf.io.withSaveHandler(async (artifacts) => {
      saved = [...saved, artifacts];
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    });
    const whole = await train(compiled(), 0, [checkpointTraining(place)]);
    const second = compiled();
    const epoch = await resumeTraining(second, tf.io.fromMemory(saved[1] as tf.io.ModelArtifacts));
    closeTo(await train(second, epoch, []), whole, {rtol: 0});
  });
});
