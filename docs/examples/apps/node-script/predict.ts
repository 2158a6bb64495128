// Loads what train.ts saved and predicts, with error bars: mean plus or minus one standard deviation, and its two causes.
//
//     npx tsx predict.ts [folder]

import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {initBackend, loadPosterior} from 'tfjs-bayes';
import 'tfjs-bayes/laplace'; // so that its posteriors can be loaded
import {modelFile} from './model-file.ts';

interface Scale {
  readonly mean: number[];
  readonly standardDeviation: number[];
}

const folder = process.argv[2] ?? 'trained';
const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
await initBackend();
const model = await tfl.loadLayersModel(modelFile(join(folder, 'model.json')));
const posterior = await loadPosterior(join(folder, 'posterior.bin'), {model});
const [inputs, targets]: [Scale, Scale] = await json('scales.json');
const patients: {x: number[]; y: number}[] = await json('patients.json');

const x = tf.tidy(() => {
  const raw = tf.tensor2d(patients.map((patient) => patient.x));
  return tf.div(tf.sub(raw, inputs.mean), inputs.standardDeviation);
});
const predictive = await posterior.predict(x);
if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
const {mean, variance, epistemicVariance, aleatoricVariance} = await predictive.toArrays();

// Back to the units of the data.
const [shift = 0, scale = 1] = [targets.mean[0], targets.standardDeviation[0]];
const sd = (variances: Float32Array, i: number) => scale * Math.sqrt(variances[i] ?? Number.NaN);
const rows = patients.map(({y}, i) => ({
  truth: y,
  mean: Math.round(shift + scale * (mean.data[i] ?? Number.NaN)),
  '± sd': Math.round(sd(variance.data, i)),
  epistemic: Math.round(sd(epistemicVariance.data, i)),
  noise: Math.round(sd(aleatoricVariance.data, i)),
}));
console.table(rows);
const within = rows.filter((row) => Math.abs(row.truth - row.mean) < 2 * row['± sd']).length;
console.log(`${within} of ${rows.length} lie within two standard deviations.`);
for (const used of [predictive, posterior, model, x]) used.dispose();
