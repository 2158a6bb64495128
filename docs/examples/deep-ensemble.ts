// Several nets that were trained apart predict better together than each alone. Handwritten digits 0 to 7 are learned; 8 and 9 are
// unknown. Compared: one net, four nets (trained two at once, one in a worker thread), four nets with mixed
// pseudo-data (MixupMP), and one net that was taught by the four.
//
//     node --import tsx docs/examples/deep-ensemble.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend, loadDataset, type Posterior, pointEstimate, trainTestSplit} from 'tfjs-bayes';
import {deepEnsemble, distill, type MemberContext, mixupMp} from 'tfjs-bayes/ensembles';
import {evidentialClassification} from 'tfjs-bayes/layers';
import {auroc, negativeLogLikelihood} from 'tfjs-bayes/metrics';

await initBackend({prefer: 'wasm'});

const CLASSES = 8;
const digits = await loadDataset('digits');
const {train, test} = trainTestSplit(digits, {testShare: 0.5, stratify: true, rng: createRng(1)});
const pick = ({x, y}: {x: Float32Array; y: Int32Array}, wanted: (label: number) => boolean) => {
  const rows = Array.from(y.keys()).filter((i) => wanted(y[i] as number));
  const pixels = rows.flatMap((i) => Array.from(x.subarray(64 * i, 64 * (i + 1)), (value) => value / 16));
  return {x: tf.tensor2d(pixels, [rows.length, 64]), y: Int32Array.from(rows, (i) => y[i] as number)};
};
const known = pick(train, (label) => label < CLASSES);
const tested = pick(test, (label) => label < CLASSES);
const unknown = pick(test, (label) => label >= CLASSES);
const labels = tf.tensor1d(known.y, 'int32');

function build(units: number, activation: 'softmax' | 'linear', seeds: Float64Array): tfl.LayersModel {
  const kernelInitializer = (i: number) =>
    tfl.initializers.glorotNormal({seed: Math.floor((seeds[i] as number) * 1e9)});
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 32, activation: 'relu', inputShape: [64], kernelInitializer: kernelInitializer(0)}),
      tfl.layers.dense({units, activation, kernelInitializer: kernelInitializer(1)}),
    ],
  });
}
function create({rng}: MemberContext): tfl.LayersModel {
  const model = build(CLASSES, 'softmax', rng.uniforms(2));
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
  return model;
}

const how = {epochs: 10, batchSize: 64};
const four = await deepEnsemble({create, members: 4, workers: 2, rng: createRng(2)}).fit(known.x, labels, how);
const mixed = await mixupMp({create, members: 4, rng: createRng(2)}).fit(known.x, labels, how);
const one = create({member: 0, rng: createRng(3)});
one.setWeights(four.members[0] as tf.Tensor[]);

const student = build(CLASSES, 'linear', createRng(4).uniforms(2));
await distill(four, student, known.x, {
  kind: 'proxy-dirichlet',
  epochs: 30,
  batchSize: 64,
  optimizer: tf.train.adam(0.01),
});
const taught = evidentialClassification({evidence: 'exp'}).posterior(student);

const round = (value: number): number => Number(value.toFixed(3));
const table: Record<string, Record<string, number>> = {};
async function judge(name: string, posterior: Posterior, passes: number): Promise<void> {
  const [ordinary, strange] = [await posterior.predict(tested.x), await posterior.predict(unknown.x)];
  if (ordinary.kind !== 'categorical' || strange.kind !== 'categorical') throw new TypeError(ordinary.kind);
  const [seen, unseen] = [await ordinary.toArrays(), await strange.toArrays()];
  const doubts = [...seen.entropy.total, ...unseen.entropy.total];
  table[name] = {
    'test NLL': round(negativeLogLikelihood(seen.probs, tested.y)),
    'AUROC of the unknown': round(
      auroc(
        doubts,
        doubts.map((_, i) => i >= tested.y.length),
      ),
    ),
    'passes for a prediction': passes,
  };
  ordinary.dispose();
  strange.dispose();
}
await judge('one net', pointEstimate(one), 1);
await judge('deep ensemble', four, 4);
await judge('MixupMP', mixed, 4);
await judge('a student of the ensemble', taught, 1);
console.table(table);
console.log(
  'Lower NLL and higher AUROC are better. On digits like these the ensemble gains in NLL, and one student keeps part of',
);
console.log('it; unknown digits are found about equally well by all.');
