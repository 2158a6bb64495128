// Does a classifier know what it has never seen? A net learns the handwritten digits 0 to 4; then it is shown 5 to 9, which
// are none of its classes. The trained net itself is compared with Laplace posteriors around its weights.
//
//     node --import tsx docs/examples/laplace-out-of-distribution.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {evaluate, initBackend, loadDataset, type Posterior, pointEstimate, takeRows} from 'tfjs-bayes';
import {type LaplaceOptions, laplace} from 'tfjs-bayes/laplace';

await initBackend({prefer: 'wasm'});

const digits = await loadDataset('digits');
const indices = Array.from(digits.y.keys());
const classOf = (i: number): number => digits.y[i] as number;
const known = indices.filter((i) => classOf(i) < 5);
const pick = (chosen: readonly number[]): tf.Tensor2D => {
  const values = takeRows(digits.x, digits.features, chosen).map((value) => value / 16);
  return tf.tensor2d(values, [chosen.length, digits.features]);
};
const labels = (chosen: readonly number[]): tf.Tensor1D => tf.tensor1d(chosen.map(classOf), 'int32');
const third = (k: number): number[] => known.filter((_, position) => position % 3 === k);
const [x, y] = [pick(third(0)), labels(third(0))];
const [xValidation, yValidation] = [pick(third(1)), labels(third(1))];
const [xTest, yTest] = [pick(third(2)), labels(third(2))];
const ood = pick(indices.filter((i) => classOf(i) >= 5));

const kernelInitializer = (seed: number) => tfl.initializers.glorotNormal({seed});
const model = tfl.sequential({
  layers: [
    tfl.layers.dense({units: 50, activation: 'relu', inputShape: [64], kernelInitializer: kernelInitializer(1)}),
    tfl.layers.dense({units: 5, activation: 'softmax', kernelInitializer: kernelInitializer(2)}),
  ],
});
model.compile({optimizer: tf.train.adam(0.01), loss: 'sparseCategoricalCrossentropy'});
const yFloat = tf.cast(y, 'float32');
await model.fit(x, yFloat, {epochs: 25, batchSize: 64, shuffle: false, verbose: 0});

const table: Record<string, Record<string, number>> = {};
async function report(name: string, posterior: Posterior): Promise<void> {
  const evaluation = await evaluate(posterior, {test: {x: xTest, y: yTest}, ood: {name: 'digits 5 to 9', x: ood}});
  if (evaluation.kind !== 'classification') throw new TypeError(evaluation.kind);
  const {scores} = evaluation.test;
  const predictive = await posterior.predict(ood);
  if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
  const confidence = tf.tidy(() => tf.mean(tf.max(predictive.probs, -1)));
  const [onUnknown] = await confidence.data();
  const round = (value: number): number => Number(value.toFixed(3));
  table[name] = {
    'test accuracy': round(scores.accuracy),
    'test NLL': round(scores.negativeLogLikelihood),
    'confidence on 5-9': round(onUnknown as number),
    'AUROC, 5-9 against test': round(evaluation.ood[0]?.auroc ?? Number.NaN),
  };
  tf.dispose(confidence);
  predictive.dispose();
}

await report('the net itself', pointEstimate(model));
const settings: Record<string, LaplaceOptions> = {
  'last layer, kron': {},
  'all layers, kron': {weights: 'all'},
};
for (const [name, options] of Object.entries(settings)) {
  const posterior = await laplace(model, options).fit(x, y);
  await posterior.tune(); // from the training data alone
  await report(`${name}, prior from the evidence`, posterior);
  await posterior.tune({method: 'validation', validationData: [xValidation, yValidation]});
  await report(`${name}, prior from validation`, posterior);
  posterior.dispose();
}
console.table(table);
console.log(
  'All have the same weights, so the accuracy hardly moves. A posterior is less sure of what it has never seen.',
);
console.log(
  'Here the evidence, of few examples, chooses a wide prior: better at telling digits apart that are no class of',
);
console.log(
  'its own, and too cautious on the test set. Validation by log score chooses one that leaves the net as it was.',
);
