// One net trained by Adam and by IVON on the shipped breast cancer data: the same architecture, the same number of steps. The
// average over weights drawn from IVON's posterior is judged on held-out rows beside its mean and beside Adam's net.
//
//     node --import tsx docs/examples/ivon.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  createRng,
  fitStandardizer,
  initBackend,
  loadDataset,
  type Predictive,
  pointEstimate,
  trainTestSplit,
} from 'tfjs-bayes';
import {ivon} from 'tfjs-bayes/layers';
import {accuracy, calibrationError, negativeLogLikelihood} from 'tfjs-bayes/metrics';

await initBackend({prefer: 'wasm'});

const {train, test} = trainTestSplit(await loadDataset('breast-cancer'), {testShare: 0.4, stratify: true});
const standardizer = fitStandardizer(train.x, train.features);
const inputs = (x: Float32Array, rows: number) => tf.tensor2d(standardizer.transform(x), [rows, train.features]);
const [xTrain, xTest] = [inputs(train.x, train.rows), inputs(test.x, test.rows)];
const yTrain = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(train.y, 'int32'), 2), 'float32'));

const EPOCHS = 60;
const BATCH = 32;
const steps = EPOCHS * Math.ceil(train.rows / BATCH);

async function trained(optimizer: tf.Optimizer): Promise<tfl.LayersModel> {
  const initializer = (seed: number) => tfl.initializers.glorotNormal({seed});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: 32,
        activation: 'relu',
        inputShape: [train.features],
        kernelInitializer: initializer(1),
      }),
      tfl.layers.dense({units: 2, activation: 'softmax', kernelInitializer: initializer(2)}),
    ],
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  await model.fit(xTrain, yTrain, {epochs: EPOCHS, batchSize: BATCH, shuffle: false, verbose: 0});
  return model;
}

const rows: Record<string, string | number>[] = [];
async function report(name: string, predictive: Predictive): Promise<void> {
  if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
  const {probs} = await predictive.toArrays();
  rows.push({
    net: name,
    accuracy: Number(accuracy(probs, test.y).toFixed(3)),
    'negative log-likelihood': Number(negativeLogLikelihood(probs, test.y).toFixed(4)),
    'calibration error': Number(calibrationError(probs, test.y).toFixed(4)),
  });
  predictive.dispose();
}

await report('Adam', await pointEstimate(await trained(tf.train.adam(0.01))).predict(xTest));
const optimizer = ivon((step) => 0.2 * (1 - step / steps), {
  ess: train.rows,
  hessInit: 0.1,
  beta2: 0.999,
  weightDecay: 1 / train.rows, // the prior N(0, 1)
  rng: createRng(3),
});
const posterior = await optimizer.posterior(await trained(optimizer));
await report('IVON, mean', await posterior.predict(xTest, {mode: 'mean'}));
await report('IVON, 64 draws', await posterior.predict(xTest, {samples: 64}));
console.table(rows);
console.log('The average over draws is what IVON is for: its probabilities are less certain where the weights are.');
