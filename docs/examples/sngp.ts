// A net that keeps distances knows what is far from its data, in one pass. Handwritten digits 0 to 4 are learned; 5 to 9 and noise
// are unknown. Compared: the confidence of a plain net, the density of its features (DDU), and SNGP, whose residual blocks are
// spectrally normalized and whose last layer is a Gaussian process.
//
//     node --import tsx docs/examples/sngp.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  createRng,
  initBackend,
  loadDataset,
  type Posterior,
  pointEstimate,
  trainTestSplit,
  uniformTensor,
} from 'tfjs-bayes';
import {deterministicDensity, gaussianProcess, sngp, spectralNormalization} from 'tfjs-bayes/layers';
import {accuracy, auroc, maximumProbability, negativeLogLikelihood} from 'tfjs-bayes/metrics';

await initBackend({prefer: 'wasm'});

const digits = await loadDataset('digits');
const {train, test} = trainTestSplit(digits, {testShare: 0.4, stratify: true, rng: createRng(1)});
const pick = ({x, y}: {x: Float32Array; y: Int32Array}, wanted: (label: number) => boolean) => {
  const rows = Array.from(y.keys()).filter((i) => wanted(y[i] as number));
  const pixels = rows.flatMap((i) => Array.from(x.subarray(64 * i, 64 * (i + 1)), (value) => value / 16));
  return {x: tf.tensor2d(pixels, [rows.length, 64]), y: Int32Array.from(rows, (i) => y[i] as number)};
};
const known = pick(train, (label) => label < 5);
const tested = pick(test, (label) => label < 5);
const unknown = {'5 to 9': pick(test, (label) => label >= 5).x, noise: uniformTensor(createRng(2), [300, 64])};
const targets = tf.cast(tf.oneHot(tf.tensor1d(known.y, 'int32'), 5), 'float32');

/** Two residual blocks; in SNGP each keeps distances. */
function build(distanceAware: boolean): tfl.LayersModel {
  const input = tfl.input({shape: [64]});
  let h = input;
  for (const seed of [1, 2]) {
    const kernelInitializer = tfl.initializers.glorotNormal({seed});
    const dense = tfl.layers.dense({units: 64, activation: 'relu', kernelInitializer});
    const block = distanceAware ? spectralNormalization({layer: dense, normBound: 0.9}) : dense;
    h = tfl.layers.add().apply([h, block.apply(h) as tfl.SymbolicTensor]) as tfl.SymbolicTensor;
  }
  const last = distanceAware
    ? gaussianProcess({units: 5, trainSize: known.y.length, features: 256, seed: 3})
    : tfl.layers.dense({units: 5, kernelInitializer: tfl.initializers.glorotNormal({seed: 4})});
  const logits = last.apply(h) as tfl.SymbolicTensor;
  const outputs = tfl.layers.activation({activation: 'softmax'}).apply(logits) as tfl.SymbolicTensor;
  return tfl.model({inputs: input, outputs});
}

const [plain, aware] = [build(false), build(true)] as const;
for (const model of [plain, aware]) {
  model.compile({optimizer: tf.train.adam(0.005), loss: 'categoricalCrossentropy'});
  await model.fit(known.x, targets, {epochs: 25, batchSize: 64, shuffle: false, verbose: 0});
}

const labels = tf.tensor1d(known.y, 'int32');
const gp = await sngp(aware).fit(known.x, labels);
const density = await deterministicDensity(plain, {covariance: 'shared', ridge: 1e-3}).fit(known.x, labels);

const table: Record<string, Record<string, number>> = {};
const round = (value: number): number => Number(value.toFixed(3));
async function report(name: string, posterior: Posterior, score: (x: tf.Tensor) => Promise<ArrayLike<number>>) {
  const predictive = await posterior.predict(tested.x);
  if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
  const {probs} = await predictive.toArrays();
  predictive.dispose();
  const row: Record<string, number> = {
    'test accuracy': round(accuracy(probs, tested.y)),
    'test NLL': round(negativeLogLikelihood(probs, tested.y)),
  };
  const ordinary = Array.from(await score(tested.x));
  for (const [what, inputs] of Object.entries(unknown)) {
    const scores = [...ordinary, ...Array.from(await score(inputs))];
    row[`AUROC, ${what}`] = round(
      auroc(
        scores,
        scores.map((_, i) => i >= ordinary.length),
      ),
    );
  }
  table[name] = row;
}
async function doubt(posterior: Posterior, x: tf.Tensor): Promise<number[]> {
  const predictive = await posterior.predict(x);
  if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
  const {probs} = await predictive.toArrays();
  predictive.dispose();
  return Array.from(maximumProbability(probs), (value) => -value);
}

const net = pointEstimate(plain);
await report('plain net, confidence', net, (x) => doubt(net, x));
await report('plain net, density of features (DDU)', net, (x) => density.oodScore(x));
await report('SNGP, confidence', gp, (x) => doubt(gp, x));
await report('SNGP, variance', gp, (x) => gp.oodScore(x));
console.table(table);
console.log(
  'AUROC: the chance that an unknown image scores above a known one. SNGP pays for its doubt with a higher NLL on',
);
console.log('known digits; the density of the features changes no prediction. One net, and one pass through it, each.');
gp.dispose();
