// Learning a second task without forgetting the first, when the first task's data are gone. A net learns the handwritten
// digits, then the same digits with their pixels in another order. The Laplace posterior after the first task is the prior
// of the second: its mean are the weights, its precision says which of them the first task needs.
//
//     node --import tsx docs/examples/laplace-continual-learning.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  categorical,
  createNet,
  createRng,
  flattenWeights,
  initBackend,
  loadDataset,
  readWeights,
  takeRows,
} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';

await initBackend({prefer: 'wasm'});

const digits = await loadDataset('digits');
const order = createRng(1).permutation(digits.rows);
const [trainRows, testRows] = [order.subarray(0, 1200), order.subarray(1200)];
const images = (rows: Uint32Array): tf.Tensor2D =>
  tf.tensor2d(
    takeRows(digits.x, digits.features, rows).map((value) => value / 16),
    [rows.length, digits.features],
  );
const labels = (rows: Uint32Array): tf.Tensor1D =>
  tf.tensor1d(
    Array.from(rows, (row) => digits.y[row] as number),
    'int32',
  );
const shuffled = Array.from(createRng(2).permutation(digits.features));
const [xTrain, xTest] = [images(trainRows), images(testRows)];
const [yTrain, yTest] = [labels(trainRows), labels(testRows)];
const first = {train: xTrain, test: xTest};
const second = {train: tf.gather(xTrain, shuffled, 1), test: tf.gather(xTest, shuffled, 1)};

const glorot = (seed: number) => tfl.initializers.glorotNormal({seed});
const model = tfl.sequential({
  layers: [
    tfl.layers.dense({units: 64, activation: 'relu', inputShape: [64], kernelInitializer: glorot(1)}),
    tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: glorot(2)}),
  ],
});
const net = createNet(model); // the softmax split off: net.outputs are logits
const likelihood = categorical();
const targets = await likelihood.prepareTargets(yTrain, [yTrain.size, 10], 'example');

/** Descends -log p(y | f) plus the negative log density of a Gaussian prior over the weights, with its own precisions. */
function train(x: tf.Tensor, mean: tf.Tensor1D, precision: tf.Tensor1D, steps: number): void {
  const optimizer = tf.train.adam(0.005);
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      optimizer.minimize(() => {
        const misfit = tf.sum(likelihood.negLogProb(net.outputs(x), targets));
        const distance = tf.square(tf.sub(flattenWeights(net.weights), mean));
        return tf.div(tf.add(misfit, tf.mul(tf.sum(tf.mul(precision, distance)), 0.5)), yTrain.size) as tf.Scalar;
      });
    });
  }
  optimizer.dispose();
}

async function accuracy(x: tf.Tensor): Promise<number> {
  const right = tf.tidy(() => tf.mean(tf.cast(tf.equal(tf.argMax(net.outputs(x), -1), yTest), 'float32')));
  const [share] = await right.data();
  right.dispose();
  return Number((share as number).toFixed(3));
}

const table: Record<string, {'first task': number; 'second task': number}> = {};
const report = async (name: string): Promise<void> => {
  table[name] = {'first task': await accuracy(first.test), 'second task': await accuracy(second.test)};
};

const size = model.countParams();
train(first.train, tf.zeros([size]), tf.ones([size]), 120);
await report('after the first task');
const afterFirst = model.getWeights().map((weight) => tf.clone(weight));

// The posterior of the first task; from here on its data are not needed any more.
const posterior = await laplace(model, {weights: 'all', structure: 'diag'}).fit(first.train, yTrain);
const priorMean = await readWeights(net.weights);
const priorPrecision = posterior.weightVariances().map((variance) => 1 / variance);
posterior.dispose();

train(second.train, tf.zeros([size]), tf.ones([size]), 120);
await report('second task, plain prior');

model.setWeights(afterFirst);
train(second.train, tf.tensor1d(Float32Array.from(priorMean)), tf.tensor1d(Float32Array.from(priorPrecision)), 120);
await report('second task, first posterior as prior');

// The posterior of both tasks has seen the data of the second alone; the prior carries the first.
const both = await laplace(model, {weights: 'all', structure: 'diag', priorMean, priorPrecision}).fit(
  second.train,
  yTrain,
);
const widths = [priorPrecision.map((value) => value ** -0.5), both.weightVariances().map(Math.sqrt)].map((deviations) =>
  (deviations.reduce((sum, value) => sum + value, 0) / size).toFixed(3),
);
both.dispose();
console.table(table);
console.log(`Mean standard deviation of a weight: ${widths[0]} after the first task, ${widths[1]} after both.`);
console.log(
  'Shares of test images that are named right. A plain prior forgets the first task; the posterior keeps more of it,',
);
console.log('at some cost on the second: a diagonal precision cannot say which combinations of weights were free.');
