// Trains a regression net in Node, gives it error bars, and saves all that predict.ts needs into a folder.
//
//     npx tsx train.ts [folder]
//
// Packages: tfjs-bayes @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm, and tsx to run TypeScript.
// In a folder whose package.json says "type": "module" (npm pkg set type=module).

import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fitStandardizer, initBackend, loadDataset, trainTestSplit} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';
import {modelFile} from './model-file.ts';

const folder = process.argv[2] ?? 'trained';
await mkdir(folder, {recursive: true});
console.log((await initBackend()).message);

// Your own table: readCsv(await readFile('data.csv', 'utf8')) and tableColumn, from 'tfjs-bayes'.
const {train, test} = trainTestSplit(await loadDataset('diabetes'));
const inputScale = fitStandardizer(train.x, train.features);
const targetScale = fitStandardizer(train.y);
const x = tf.tensor2d(inputScale.transform(train.x), [train.rows, train.features]);
const y = tf.tensor2d(targetScale.transform(train.y), [train.rows, 1]);

// An ordinary net, trained the ordinary way.
const kernel = (seed: number) => tfl.initializers.glorotNormal({seed});
const model = tfl.sequential({
  layers: [
    tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [train.features], kernelInitializer: kernel(1)}),
    tfl.layers.dense({units: 1, kernelInitializer: kernel(2)}),
  ],
});
model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
await model.fit(x, y, {epochs: 20, batchSize: 32, shuffle: false, verbose: 0});

// What makes it Bayesian: a posterior over the weights, its prior precision and noise chosen by the marginal likelihood.
const posterior = await laplace(model, {likelihood: 'gaussian', weights: 'all', structure: 'full'}).fit(x, y);
await posterior.tune({noise: true});

await model.save(modelFile(join(folder, 'model.json')));
await posterior.save(join(folder, 'posterior.bin'));
const scales = [inputScale, targetScale].map(({mean, standardDeviation}) => ({
  mean: [...mean],
  standardDeviation: [...standardDeviation],
}));
await writeFile(join(folder, 'scales.json'), JSON.stringify(scales));
const patients = Array.from({length: 8}, (_, i) => ({
  x: [...test.x.subarray(i * test.features, (i + 1) * test.features)],
  y: test.y[i],
}));
await writeFile(join(folder, 'patients.json'), JSON.stringify(patients));
console.log(`Saved the net, its posterior and eight patients that it has not seen in ${folder}.`);
