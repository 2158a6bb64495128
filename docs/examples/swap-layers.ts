// Swap the layers of a net that is trained: handwritten digits, upright as in training and turned as never seen. The converted
// net predicts what the old one did before it is trained; some epochs later it knows how sure its weights are. The old net,
// trained for as many epochs more, stands beside it.
//
//     node --import tsx docs/examples/swap-layers.ts

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
import {elbo, klWarmup, toBayesian, variational} from 'tfjs-bayes/layers';
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

const init = (seed: number) => tfl.initializers.glorotNormal({seed});
const model = tfl.sequential({
  layers: [
    tfl.layers.dense({units: 64, activation: 'relu', kernelInitializer: init(1), inputShape: [64]}),
    tfl.layers.dense({units: 64, activation: 'relu', kernelInitializer: init(2)}),
    tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: init(3)}),
  ],
});
const batches = shuffledBatches(x, y, {batchSize: 64, rng: createRng(2)});
const compile = (one: tfl.LayersModel): void =>
  one.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy'});

const table: Record<string, Record<string, string>> = {};
async function report(name: string, posterior: Posterior): Promise<void> {
  const columns: Record<string, string> = {};
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

compile(model);
await model.fitDataset(batches, {epochs: 12, verbose: 0});
await report('the net', pointEstimate(model));

const bayesian = toBayesian(model, {trainSize: train.rows, moped: {delta: 0.1}});
await report('converted, its mean', pointEstimate(bayesian));
await report('converted, 30 draws', variational(bayesian, {samples: 30}));

compile(bayesian);
await bayesian.fitDataset(batches, {epochs: 20, verbose: 0, callbacks: [klWarmup({epochs: 10})]});
await report('20 epochs later, 30 draws', variational(bayesian, {samples: 30}));
await model.fitDataset(batches, {epochs: 20, verbose: 0});
await report('the net, 20 epochs later', pointEstimate(model));
console.table(table);

const {logLikelihood, kl} = await elbo(bayesian, x, y, {samples: 30});
console.log(
  `On the training data: expected log likelihood ${logLikelihood.toFixed(0)}, KL divergence ${kl.toFixed(0)} nats.`,
);
console.log(
  'The converted net starts where the old one stood; trained, it is less sure of the digits that are turned.',
);
