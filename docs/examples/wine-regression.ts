// Bayesian linear regression on the wines of three cultivars, by a variational layer and exactly. The exact posterior is a
// Gaussian whose weights hang together, since the measurements do; a mean-field posterior has none of that. The tables and the
// picture show what this costs.
//
//     node --import tsx docs/examples/wine-regression.ts [picture.svg]

import {writeFile} from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, fitStandardizer, gaussian, initBackend, loadDataset, shuffledBatches} from 'tfjs-bayes';
import {bayesDense, variational} from 'tfjs-bayes/layers';

tf.enableProdMode(); // without the advice that the cpu backend prints in Node
await initBackend({prefer: 'cpu'}); // 13 weights: a call into WebAssembly would take longer than its work

const NOISE = 0.1;
const wine = await loadDataset('wine');
const [rows, features] = [wine.rows, wine.featureNames.length];
const inputs = fitStandardizer(wine.x, features).transform(wine.x);
const targets = fitStandardizer(wine.y).transform(wine.y);
const x = tf.tensor2d(inputs, [rows, features]);
const y = tf.tensor2d(targets, [rows, 1]);

// Mean field, trained on minibatches of 32. The prior is N(0, I); `trainSize` weighs its part against that of a batch.
const likelihood = gaussian({noiseScale: NOISE});
const layer = bayesDense({
  units: 1,
  useBias: false,
  inputShape: [features],
  kernelInitializer: 'zeros',
  trainSize: rows,
  estimator: 'local-reparameterization',
  initialScale: 0.01,
});
const model = tfl.sequential({layers: [layer]});
model.compile({optimizer: tf.train.adam(0.001), loss: likelihood.loss});
await model.fitDataset(shuffledBatches(x, y, {batchSize: 32, rng: createRng(1)}), {epochs: 600, verbose: 0});
const posterior = variational(model, {likelihood});

// The exact posterior: precision Lambda = X^T X / noise^2 + I, covariance its inverse, mean its inverse times X^T y / noise^2.
const column = (i: number): number[] => Array.from({length: rows}, (_, n) => inputs[n * features + i] as number);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const columns = Array.from({length: features}, (_, i) => column(i));
const precision = columns.map((a, i) => columns.map((b, j) => dot(a, b) / NOISE ** 2 + (i === j ? 1 : 0)));
const covariance = inverse(precision);
const moment = columns.map((a) => dot(a, targets) / NOISE ** 2);
const exactMean = covariance.map((row) => dot(row, moment));

/** The same number by both posteriors. */
interface Compared {
  readonly exact: {readonly mean: number; readonly deviation: number};
  readonly meanField: {readonly mean: number; readonly deviation: number};
}
const ratio = ({exact, meanField}: Compared): number => exact.deviation / meanField.deviation;

// The marginals: one row for each weight.
const mean = await (posterior.mean[0] as tf.Tensor).data();
const [variances] = posterior.variances() as [tf.Tensor];
const deviation = (await variances.data()).map(Math.sqrt);
variances.dispose();
const marginals = wine.featureNames.map((name, i) => ({
  name,
  exact: {mean: exactMean[i] as number, deviation: Math.sqrt((covariance[i] as number[])[i] as number)},
  meanField: {mean: mean[i] as number, deviation: deviation[i] as number},
  expected: 1 / Math.sqrt((precision[i] as number[])[i] as number),
}));
console.log('The weights: mean and standard deviation');
console.table(
  Object.fromEntries(
    marginals.map(({name, exact, meanField, expected}) => [
      name,
      {
        exact: `${exact.mean.toFixed(3)} +- ${exact.deviation.toFixed(4)}`,
        'mean field': `${meanField.mean.toFixed(3)} +- ${meanField.deviation.toFixed(4)}`,
        '1 / sqrt(Lambda_ii)': expected.toFixed(4),
        'exact / mean field': (exact.deviation / meanField.deviation).toFixed(2),
      },
    ]),
  ),
);

// The predictive: the standard deviation of f(x) = x w, for all wines and for one that is unlike them: the two measurements
// that go together most closely, set apart.
const unlike = inputs.slice(0, features).fill(0);
unlike[wine.featureNames.indexOf('flavanoids')] = 2;
unlike[wine.featureNames.indexOf('total_phenols')] = -2;
const asked = [...Array.from({length: rows}, (_, n) => inputs.slice(n * features, (n + 1) * features)), unlike];
const xAsked = tf.tensor2d(
  asked.flatMap((row) => Array.from(row)),
  [asked.length, features],
);
const predictive = await posterior.predict(xAsked, {samples: 1000, rng: createRng(2)});
if (predictive.kind !== 'mixture') throw new TypeError(predictive.kind);
const {mean: predicted, epistemicVariance} = await predictive.toArrays();
const predictions = asked.map((row, n) => ({
  exact: {
    mean: dot(row, exactMean),
    deviation: Math.sqrt(
      dot(
        row,
        covariance.map((one) => dot(one, row)),
      ),
    ),
  },
  meanField: {mean: predicted.data[n] as number, deviation: Math.sqrt(epistemicVariance.data[n] as number)},
}));
const ofWines = predictions.slice(0, rows).sort((a, b) => ratio(a) - ratio(b));
const shown = {
  'a wine along the correlations': ofWines[0] as Compared,
  'a wine in the middle': ofWines[rows >> 1] as Compared,
  'a wine across them': ofWines[rows - 1] as Compared,
  'flavanoids up, phenols down': predictions[rows] as Compared,
};
console.log('The prediction: mean and epistemic standard deviation');
console.table(
  Object.fromEntries(
    Object.entries(shown).map(([name, {exact, meanField}]) => [
      name,
      {
        exact: `${exact.mean.toFixed(2)} +- ${exact.deviation.toFixed(3)}`,
        'mean field': `${meanField.mean.toFixed(2)} +- ${meanField.deviation.toFixed(3)}`,
        'exact / mean field': (exact.deviation / meanField.deviation).toFixed(2),
      },
    ]),
  ),
);
console.log(
  'Mean field finds the right means, and the widths 1 / sqrt(Lambda_ii): what is left of a weight when all others are known.',
);
console.log('It is not sure enough of inputs like the data, and far too sure of one against their correlations.');

const [file] = process.argv.slice(2);
if (file) await writeFile(file, picture());
for (const used of [predictive, posterior, model]) used.dispose();
tf.dispose([x, y, xAsked]);

/** The inverse of a symmetric positive definite matrix, by Gauss and Jordan. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (const [k, pivotRow] of work.entries()) {
    const pivot = pivotRow[k] as number;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] as number) / pivot;
    for (const row of work) {
      if (row === pivotRow) continue;
      const factor = row[k] as number;
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (pivotRow[j] as number);
    }
  }
  return work.map((row) => row.slice(matrix.length));
}

/** Two standard deviations around each weight, and the width of each prediction by both posteriors, side by side. */
function picture(): string {
  const across = (weight: number): number => 400 + 400 * weight;
  const bars = marginals.map(({name, exact, meanField}, i) => {
    const bar = ({mean: at, deviation: width}: Compared['exact'], top: number, colour: string): string =>
      `<path d="M${across(at - 2 * width).toFixed(1)} ${top}H${across(at + 2 * width).toFixed(1)}" stroke="${colour}" stroke-width="6"/>`;
    return (
      `<text x="190" y="${45 + 24 * i}" text-anchor="end">${name}</text>` +
      `${bar(exact, 37 + 24 * i, 'steelblue')}${bar(meanField, 45 + 24 * i, 'darkorange')}`
    );
  });
  const scale = 4500;
  const dots = predictions.map(
    ({exact, meanField}) =>
      `<circle cx="${(580 + scale * exact.deviation).toFixed(1)}" cy="${(340 - scale * meanField.deviation).toFixed(1)}" r="3"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 390" font-family="sans-serif" font-size="11">
<title>Weights and predictions of a linear regression by the exact and the mean-field posterior</title>
<text x="20" y="18">weights, two standard deviations: exact (blue), mean field (orange)</text>
${bars.join('\n')}
<text x="580" y="18">epistemic standard deviation of each prediction, 0 to 0.07</text>
<path d="M580 30V340H895M580 340L890 30" fill="none" stroke="grey"/>
<text x="895" y="358" text-anchor="end">exact</text><text x="590" y="40">mean field</text>
<g fill="darkorange" fill-opacity="0.6">${dots.join('')}</g>
</svg>
`;
}
