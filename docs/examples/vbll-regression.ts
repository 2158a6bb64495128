// Three last layers with a posterior on data whose noise grows with x, and a gap in the data between 1 and 2. All three widen
// in the gap and beyond the data; only the heteroscedastic one says that the noise is small on the left and large on the right.
//
//     node --import tsx docs/examples/vbll-regression.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend} from 'tfjs-bayes';
import {
  type VbllHead,
  vbllHeteroscedasticRegression,
  vbllPosterior,
  vbllRegression,
  vbllStudentTRegression,
} from 'tfjs-bayes/layers';

await initBackend({prefer: 'wasm'});

const N = 120;
const rng = createRng(1);
const inputs = Array.from(rng.uniforms(N), (u) => (u < 0.6 ? -2 + 5 * u : 2 + 2.5 * (u - 0.6)));
const noise = rng.normals(N);
const noiseAt = (at: number): number => 0.05 + 0.1 * (at + 2);
const x = tf.tensor2d(inputs, [N, 1]);
const y = tf.tensor2d(
  inputs.map((at, i) => Math.sin(2 * at) + noiseAt(at) * (noise[i] as number)),
  [N, 1],
);

const options = {units: 1, trainSize: N, priorPrecision: 1, seed: 4};
const heads: Record<string, VbllHead> = {
  gaussian: vbllRegression(options),
  'student-t': vbllStudentTRegression(options),
  heteroscedastic: vbllHeteroscedasticRegression({...options, noisePriorPrecision: 1}),
};
const wide = (seed: number) => tfl.initializers.randomNormal({stddev: 1.5, seed}); // features that bend
const grid = [-1.5, 0, 1.5, 2.5, 5];
const xGrid = tf.tensor2d(grid, [grid.length, 1]);
const rows = [];
for (const [name, head] of Object.entries(heads)) {
  const [kernelInitializer, biasInitializer] = [wide(2), wide(3)];
  const hidden = tfl.layers.dense({units: 32, activation: 'tanh', inputShape: [1], kernelInitializer, biasInitializer});
  const model = tfl.sequential({layers: [hidden, head]});
  model.compile({optimizer: tf.train.adam(0.02), loss: head.loss});
  await model.fit(x, y, {epochs: 60, batchSize: 30, shuffle: false, verbose: 0});
  const predictive = await vbllPosterior(model).predict(xGrid);
  if (!('epistemicVariance' in predictive)) throw new TypeError(predictive.kind);
  const {mean, epistemicVariance, aleatoricVariance} = await predictive.toArrays();
  for (const [i, at] of grid.entries()) {
    rows.push({
      head: name,
      x: at,
      mean: Number((mean.data[i] as number).toFixed(2)),
      'epistemic sd': Number(Math.sqrt(epistemicVariance.data[i] as number).toFixed(3)),
      'noise sd': Number(Math.sqrt(aleatoricVariance.data[i] as number).toFixed(3)),
      'true noise': Number(noiseAt(at).toFixed(3)),
    });
  }
  predictive.dispose();
}
console.table(rows);
console.log(
  'The epistemic part grows in the gap and beyond the data; only the heteroscedastic head sees the noise grow with x.',
);
