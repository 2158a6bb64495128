// Does dropout that is left on say when a net meets something it was not trained for? One net learns handwritten digits with
// dropout; upright and turned test digits are predicted by the net itself and by Monte-Carlo dropout. The same net with
// learned rates (concrete dropout) stands beside it.
//
//     node --import tsx docs/examples/mc-dropout.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  createRng,
  initBackend,
  loadDataset,
  type Posterior,
  pointEstimate,
  rotateImages,
  trainTestSplit,
} from 'tfjs-bayes';
import {concreteDropout, mcDropout} from 'tfjs-bayes/layers';
import {accuracy, calibrationError, negativeLogLikelihood} from 'tfjs-bayes/metrics';

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
const hidden = (units: number, seed: number, inputs: number): tfl.layers.Layer =>
  tfl.layers.dense({units, activation: 'relu', kernelInitializer: init(seed), inputShape: [inputs]});
const last = (): tfl.layers.Layer => tfl.layers.dense({units: 10, activation: 'softmax', kernelInitializer: init(3)});

const fixedRates = tfl.sequential({
  layers: [
    hidden(96, 1, 64),
    tfl.layers.dropout({rate: 0.5}),
    hidden(96, 2, 96),
    tfl.layers.dropout({rate: 0.5}), // without a seed, which would give every step the same mask
    last(),
  ],
});
const [second, third] = [hidden(96, 2, 96), last()].map((layer, i) =>
  concreteDropout({layer, trainSize: train.rows, rate: 0.3, seed: i}),
) as [ReturnType<typeof concreteDropout>, ReturnType<typeof concreteDropout>];
const learnedRates = tfl.sequential({layers: [hidden(96, 1, 64), second, third]});

for (const model of [fixedRates, learnedRates]) {
  model.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {epochs: 20, batchSize: 64, shuffle: false, verbose: 0});
}

const posteriors: Record<string, Posterior> = {
  'the net itself': pointEstimate(fixedRates),
  'MC dropout, rate 0.5': mcDropout(fixedRates, {samples: 20}),
  'concrete dropout, the net itself': pointEstimate(learnedRates),
  'concrete dropout': mcDropout(learnedRates, {samples: 20}),
};
const table: Record<string, Record<string, string>> = {};
for (const [name, posterior] of Object.entries(posteriors)) {
  const columns: Record<string, string> = {};
  for (const [degrees, inputs] of Object.entries(testSets)) {
    const predictive = await posterior.predict(inputs);
    if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
    const {probs} = await predictive.toArrays();
    const nll = negativeLogLikelihood(probs, test.y).toFixed(2);
    const share = (value: number): string => (100 * value).toFixed(0);
    columns[`${degrees} degrees: NLL (accuracy, ECE in %)`] =
      `${nll} (${share(accuracy(probs, test.y))}, ${share(calibrationError(probs, test.y))})`;
    predictive.dispose();
  }
  table[name] = columns;
}
console.table(table);
const rates = tf.tidy(() => tf.stack([second.rate(), third.rate()]));
console.log(
  `Rates that concrete dropout learned: ${Array.from(await rates.data(), (rate) => rate.toFixed(2)).join(' and ')}.`,
);
console.log(
  'Averaging over masks lowers the confidence: a little too much on upright digits, and not enough on turned ones.',
);
