import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend, loadDataset, rotateImages, shuffledBatches, trainTestSplit} from 'tfjs-bayes';

/**
 * Makes digit-predictions.csv: the logits of a net that learned 150 upright digits by heart, for 1,200 other digits that are turned by
 * up to 25 degrees, each with its label.
 *
 *     node --import tsx --conditions=@tfjs-bayes/source notebooks/data/digit-predictions.ts
 */
const ROWS = 1200;
await initBackend({prefer: 'wasm'});
const {train, test} = trainTestSplit(await loadDataset('digits'), {
  testShare: 1647 / 1797,
  stratify: true,
  rng: createRng(1),
});
const dense = (units: number, seed: number) => ({units, kernelInitializer: tfl.initializers.heNormal({seed})});
const model = tfl.sequential({
  layers: [
    tfl.layers.dense({...dense(64, 1), activation: 'relu', inputShape: [64]}),
    tfl.layers.dense(dense(10, 2)),
    tfl.layers.softmax(),
  ],
});
model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
const x = tf.tensor2d(
  train.x.map((value) => value / 16),
  [train.rows, 64],
);
const y = tf.cast(tf.oneHot(tf.tensor1d(train.y, 'int32'), 10), 'float32');
await model.fitDataset(shuffledBatches(x, y, {batchSize: 30, rng: createRng(2)}), {epochs: 80, verbose: 0});

const angles = createRng(3).uniforms(ROWS);
const turned = Array.from(angles, (angle, i) => {
  const pixels = test.x.subarray(64 * i, 64 * (i + 1)).map((value) => value / 16);
  return Array.from(rotateImages({pixels, width: 8, height: 8}, 50 * angle - 25));
});
const toLogits = tfl.model({inputs: model.inputs, outputs: model.layers[1]?.output as tfl.SymbolicTensor});
const logits = (await (toLogits.predict(tf.tensor2d(turned)) as tf.Tensor2D).array()) as number[][];
const header = [...logits.slice(0, 10).map((_, k) => `logit${k}`), 'label'].join(',');
const lines = logits.map((row, i) => [...row.map((logit) => logit.toFixed(2)), test.y[i]].join(','));
writeFileSync(join(import.meta.dirname, 'digit-predictions.csv'), `${[header, ...lines].join('\n')}\n`);
