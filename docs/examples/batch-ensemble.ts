// What do cheap ensembles give? One net learns handwritten digits; beside it stand six conversions of it, trained from scratch on as
// many rows: members that share their kernels (BatchEnsemble, rank-1), that share all but a mask (Masksembles), that
// go through one net side by side (MIMO), that are narrow nets in one (packed), or that share all but the last layer. Four
// members each. Upright and turned test digits are predicted by all of them.
//
//     node --import tsx docs/examples/batch-ensemble.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  createRng,
  initBackend,
  loadDataset,
  type Posterior,
  pointEstimate,
  rotateImages,
  shuffledBatches,
  trainTestSplit,
} from 'tfjs-bayes';
import {
  batchEnsemble,
  lastLayerEnsemble,
  masksembles,
  memberPosterior,
  mimo,
  packedEnsemble,
  rankOneEnsemble,
} from 'tfjs-bayes/ensembles';
import {accuracy, negativeLogLikelihood} from 'tfjs-bayes/metrics';

await initBackend({prefer: 'wasm'});

const {train, test} = trainTestSplit(await loadDataset('digits'), {testShare: 0.4, stratify: true, rng: createRng(1)});
const x = tf.tensor2d(
  train.x.map((value) => value / 16),
  [train.rows, 64],
);
const y = tf.cast(tf.oneHot(tf.tensor1d(train.y, 'int32'), 10), 'float32');
const upright = test.x.map((value) => value / 16);
const testSets = Object.fromEntries(
  [0, 30, 60].map((degrees) => {
    const pixels = rotateImages({pixels: upright, width: 8, height: 8}, degrees);
    return [degrees, tf.tensor2d(pixels, [test.rows, 64])];
  }),
);

const members = 4;
const init = (seed: number) => tfl.initializers.glorotNormal({seed});
const create = (): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({units: 128, activation: 'relu', kernelInitializer: init(1), inputShape: [64], name: 'first'}),
      tfl.layers.dense({units: 128, activation: 'relu', kernelInitializer: init(2), name: 'second'}),
      tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: init(3), name: 'last'}),
    ],
  });

/** Trains as the one net is trained: the members take turns at the rows of a batch, so that each sees a quarter of them. */
async function trained(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  model.compile({optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy'});
  const batches = shuffledBatches(x, y, {batchSize: 32, rng: createRng(2)});
  await model.fitDataset(batches, {epochs: 10, verbose: 0});
  return model;
}

const table: Record<string, Record<string, string | number>> = {};
async function report(name: string, model: tfl.LayersModel, posterior: Posterior): Promise<void> {
  const columns: Record<string, string | number> = {parameters: model.countParams()};
  for (const [degrees, inputs] of Object.entries(testSets)) {
    const predictive = await posterior.predict(inputs);
    if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
    const {probs} = await predictive.toArrays();
    const share = (100 * accuracy(probs, test.y)).toFixed(1);
    columns[`${degrees} degrees: NLL (accuracy in %)`] =
      `${negativeLogLikelihood(probs, test.y).toFixed(2)} (${share})`;
    predictive.dispose();
  }
  table[name] = columns;
}

const net = await trained(create());
await report('one net', net, pointEstimate(net));

const models: Record<string, tfl.LayersModel> = {
  BatchEnsemble: batchEnsemble(create(), {members, start: 'signs'}),
  'rank-1': rankOneEnsemble(create(), {members, start: 0.5, trainSize: train.rows, priorScale: 0.5}),
  Masksembles: masksembles(create(), {members, scale: 2}),
  MIMO: mimo(create(), {members}),
  'packed, alpha 2': packedEnsemble(create(), {members, alpha: 2}),
  'last layers': lastLayerEnsemble(create(), {members}),
};
for (const [name, model] of Object.entries(models)) {
  await trained(model);
  await report(name, model, memberPosterior(model, {samples: 20}));
}
console.table(table);
console.log(
  'For the training of one net, four members doubt turned digits more than it does; each has seen a quarter of the rows, which ' +
    'costs a little on upright ones, and most where one narrow net has to hold them all (MIMO).',
);
