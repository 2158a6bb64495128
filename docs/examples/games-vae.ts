// A variational autoencoder of 8 x 8 digits, composed of two games: a prior of the code, and a decoder with an encoder as its
// inversion. The same composition gives the loss for training, tighter bounds, and weights that judge the encoder.
//
//     node --import tsx docs/examples/games-vae.ts

import * as tf from '@tensorflow/tfjs-core';
import {createRng, initBackend, loadDataset, normalTensor, type Rng} from 'tfjs-bayes';
import {
  bernoulliDistribution,
  diagonalGaussian,
  distributionBelief,
  fitGame,
  freeEnergy,
  game,
  paretoSmooth,
  prior,
  sequence,
} from 'tfjs-bayes/inference';

await initBackend({prefer: 'wasm'});

const [PIXELS, HIDDEN, CODE, BATCH, TEST] = [64, 48, 4, 100, 60];

const digits = await loadDataset('digits');
const images = tf.tidy(() => {
  const gray = tf.tensor2d(Float32Array.from(digits.x), [digits.rows, PIXELS]);
  return tf.cast(tf.greater(gray, 7.5), 'float32');
});
const train = tf.slice(images, [0, 0], [digits.rows - TEST, PIXELS]);
const test = tf.slice(images, [digits.rows - TEST, 0], [TEST, PIXELS]);

/** A dense layer on the last axis; axes before it are draws and examples. */
function dense(rng: Rng, inputs: number, units: number) {
  const kernel = tf.variable(tf.mul(normalTensor(rng, [inputs, units]), Math.sqrt(1 / inputs)));
  const bias = tf.variable(tf.zeros([units]));
  const apply = (x: tf.Tensor) => {
    const rows = tf.reshape(x, [-1, inputs]);
    return tf.reshape(tf.add(tf.matMul(rows, kernel), bias), [...x.shape.slice(0, -1), units]);
  };
  return {apply, variables: [kernel, bias]};
}

const rng = createRng(1);
const layers = {
  up: dense(rng.fork('up'), CODE, HIDDEN),
  pixels: dense(rng.fork('pixels'), HIDDEN, PIXELS),
  down: dense(rng.fork('down'), PIXELS, HIDDEN),
  mean: dense(rng.fork('mean'), HIDDEN, CODE),
  scale: dense(rng.fork('scale'), HIDDEN, CODE),
};

const code = prior('code', diagonalGaussian(tf.zeros([1, 1, CODE]), 1));
const image = game('image', {
  model: (z: tf.Tensor) =>
    distributionBelief(bernoulliDistribution, [layers.pixels.apply(tf.tanh(layers.up.apply(z)))]),
  inversion: (x) => {
    const hidden = tf.tanh(layers.down.apply(x));
    return diagonalGaussian(layers.mean.apply(hidden), tf.softplus(layers.scale.apply(hidden)));
  },
  variables: Object.values(layers).flatMap(({variables}) => variables),
});
const autoencoder = sequence(code, image);

/** Bounds on the test images in nats for each, and the share of images whose importance weights can be trusted. */
async function judge(stage: string) {
  const elbo = freeEnergy(autoencoder, test, {samples: 200, rng: createRng(2)});
  const tight = freeEnergy(autoencoder, test, {samples: 200, bound: 'importance-weighted', rng: createRng(2)});
  const weights = (await elbo.logWeight.array()) as number[][];
  const trusted = Array.from({length: TEST}, (_, n) => paretoSmooth(weights.map((row) => row[n] as number)));
  const [minusElbo] = await elbo.loss.data();
  const [minusTight] = await tight.loss.data();
  return {
    stage,
    ELBO: (-(minusElbo as number)).toFixed(2),
    'importance-weighted': (-(minusTight as number)).toFixed(2),
    'k-hat fine': `${((100 * trusted.filter(({shape, threshold}) => shape < threshold).length) / TEST).toFixed(0)} %`,
  };
}

const rows = [await judge('before training')];
const batches = createRng(3);
const take = (step: number) => {
  const order = Int32Array.from(
    batches
      .fork(step)
      .permutation(train.shape[0] as number)
      .subarray(0, BATCH),
  );
  return tf.tidy(() => tf.gather(train, tf.tensor1d(order, 'int32')));
};
await fitGame(autoencoder, take, {
  steps: 400,
  optimizer: tf.train.adam(0.005),
  klWeight: (step) => Math.min(1, step / 100), // a warm-up keeps the code in use
  rng: createRng(4),
  every: 100,
});
rows.push(await judge('trained'));
console.table(rows);
console.log(
  'Both bounds are in nats per test image; the importance-weighted one is tighter, and their gap is what the encoder misses.',
);
