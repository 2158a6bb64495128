// Error bars for a regression net that is already trained. The data leave a gap between -1 and 1.5 and end at 4: there the
// epistemic part of the error bars must grow, while the noise part stays what it is everywhere.
//
//     node --import tsx docs/examples/laplace-regression.ts [picture.svg]

import {writeFile} from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';

await initBackend({prefer: 'wasm'});

const NOISE = 0.1;
const truth = (x: number): number => Math.sin(1.5 * x) + 0.2 * x;
const rng = createRng(1);
const inputs = Array.from(rng.uniforms(80), (u) => (u < 0.5 ? -4 + 6 * u : -1 + 5 * u));
const noise = rng.normals(80);
const x = tf.tensor2d(inputs, [80, 1]);
const y = tf.tensor2d(
  inputs.map((value, i) => truth(value) + NOISE * (noise[i] as number)),
  [80, 1],
);

// An ordinary net, trained the ordinary way.
const hidden = (seed: number): tfl.layers.Layer =>
  tfl.layers.dense({units: 24, activation: 'tanh', kernelInitializer: tfl.initializers.glorotNormal({seed})});
const input = tfl.input({shape: [1]});
const features = hidden(2).apply(hidden(1).apply(input)) as tfl.SymbolicTensor;
const kernelInitializer = tfl.initializers.glorotNormal({seed: 3});
const model = tfl.model({
  inputs: input,
  outputs: tfl.layers.dense({units: 1, kernelInitializer}).apply(features) as tfl.SymbolicTensor,
});
model.compile({optimizer: tf.train.adam(0.02), loss: 'meanSquaredError'});
await model.fit(x, y, {epochs: 300, batchSize: 80, shuffle: false, verbose: 0});

// One pass over the data, then prior precision and noise from the marginal likelihood: no held-out data needed.
const posterior = await laplace(model, {likelihood: 'gaussian', weights: 'all', structure: 'full'}).fit(x, y);
const {priorPrecision, noiseScale} = await posterior.tune({noise: true});

const grid = Array.from({length: 13}, (_, i) => -6 + i);
const xGrid = tf.tensor2d(grid, [13, 1]);
const predictive = await posterior.predict(xGrid);
if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
const {mean, variance, epistemicVariance} = await predictive.toArrays();
const rows = grid.map((at, i) => ({
  x: at,
  data: inputs.some((value) => Math.abs(value - at) < 0.5) ? 'near' : 'none',
  truth: Number(truth(at).toFixed(2)),
  mean: Number((mean.data[i] as number).toFixed(2)),
  epistemic: Number(Math.sqrt(epistemicVariance.data[i] as number).toFixed(2)),
  total: Number(Math.sqrt(variance.data[i] as number).toFixed(2)),
}));
console.table(rows);
const inside = rows.filter((row) => Math.abs(row.truth - row.mean) < 2 * row.total).length;
console.log(
  `Prior precision ${priorPrecision.toFixed(3)}, noise ${noiseScale?.toFixed(3)} (true: ${NOISE}), in one pass over the data.`,
);
console.log(`The truth lies within two standard deviations at ${inside} of ${rows.length} places.`);
console.log('Epistemic standard deviations are small where there are data, and grow in the gap and beyond the ends.');

const [file] = process.argv.slice(2);
if (file) await writeFile(file, errorBars(rows));
for (const used of [predictive, posterior, model]) used.dispose();
tf.dispose([x, y, xGrid]);

/** Mean and two standard deviations at each x, as an SVG picture. */
function errorBars(bars: readonly {x: number; mean: number; total: number; truth: number}[]): string {
  const across = (at: number): number => 40 * (at + 7);
  const up = (value: number): number => 200 - 30 * value;
  const marks = bars.map(
    (bar) =>
      `<path d="M${across(bar.x)} ${up(bar.mean - 2 * bar.total)}V${up(bar.mean + 2 * bar.total)}" stroke="steelblue" stroke-width="6"/>` +
      `<circle cx="${across(bar.x)}" cy="${up(bar.truth)}" r="4"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 400"><title>Two standard deviations around the mean, and the truth</title>${marks.join('')}</svg>\n`;
}
