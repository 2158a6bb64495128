// How deep should the net be? The log marginal likelihood answers from the training data alone: it rises with the fit and
// falls with every weight that the data do not determine. Nets without and with up to four hidden layers are trained, each
// with its own best prior and noise, on a curve that a straight line cannot follow.
//
//     node --import tsx docs/examples/laplace-depth-selection.ts

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend} from 'tfjs-bayes';
import {marginalLikelihoodTraining} from 'tfjs-bayes/laplace';

await initBackend({prefer: 'wasm'});

const [TRAIN, TEST] = [60, 300];
const rng = createRng(3);
const inputs = Array.from(rng.uniforms(TRAIN + TEST), (u) => 6 * u - 3);
const noise = rng.normals(TRAIN + TEST);
const targets = inputs.map((value, i) => Math.sin(2 * value) + 0.3 * value + 0.2 * (noise[i] as number));
const column = (values: readonly number[]): tf.Tensor2D => tf.tensor2d([...values], [values.length, 1]);
const [x, y] = [column(inputs.slice(0, TRAIN)), column(targets.slice(0, TRAIN))];
const [xTest, yTest] = [column(inputs.slice(TRAIN)), column(targets.slice(TRAIN))];

function net(depth: number): tfl.LayersModel {
  const layers = Array.from({length: depth + 1}, (_, i) =>
    tfl.layers.dense({
      units: i === depth ? 1 : 16,
      kernelInitializer: tfl.initializers.glorotNormal({seed: i + 1}),
      ...(i === 0 && {inputShape: [1]}),
      ...(i < depth && {activation: 'tanh' as const}),
    }),
  );
  return tfl.sequential({layers});
}

const rows: {
  'hidden layers': number;
  weights: number;
  'log evidence': number;
  'held-out log density': number;
  noise: number;
}[] = [];
for (let depth = 0; depth <= 3; depth++) {
  const model = net(depth);
  const {posterior} = await marginalLikelihoodTraining(model, x, y, {
    likelihood: 'gaussian',
    optimizer: tf.train.adam(0.03),
    epochs: 120,
    batchSize: TRAIN,
    burnIn: 40,
    every: 40,
  });
  const predictive = await posterior.predict(xTest);
  const density = tf.tidy(() => tf.mean(predictive.logProb(yTest)));
  rows.push({
    'hidden layers': depth,
    weights: model.countParams(),
    'log evidence': Number(posterior.logMarginalLikelihood().toFixed(1)),
    'held-out log density': Number(((await density.data())[0] as number).toFixed(3)),
    noise: Number((posterior.noiseScale ?? Number.NaN).toFixed(3)),
  });
  predictive.dispose();
  posterior.dispose();
  model.dispose();
}
console.table(rows);
const best = (key: 'log evidence' | 'held-out log density'): number =>
  rows.reduce((a, b) => (b[key] > a[key] ? b : a))['hidden layers'];
console.log(`Chosen from the training data alone: ${best('log evidence')} hidden layers. True noise: 0.2.`);
console.log(`Best on ${TEST} points that no net has seen: ${best('held-out log density')} hidden layers.`);
