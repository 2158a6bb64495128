import * as tf from '@tensorflow/tfjs-core';
import {
  beliefDivergence,
  conditional,
  diagonalGaussian,
  distributionBelief,
  freeEnergy,
  game,
  prior,
  sequence,
} from '../../../inference/games/index.ts';
import {bernoulliDistribution} from '../../../src/distributions/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {gaussianDivergence, logNormal, mean, numberOf, range, sum, valuesOf} from './support.ts';

// Three examples of four binary pixels; one latent number; weights that are short in binary, so that hand and tensor agree.
const pixels = [
  [1, 0, 1, 1],
  [0, 0, 1, 0],
  [1, 1, 0, 1],
];
const encoder = {weight: [0.5, -0.25, 0.75, 0.125], scale: 0.625};
const decoder = {weight: [1.5, -0.5, 0.25, 1], bias: [0.25, 0, -0.5, 0.125]};
const N = pixels.length;
const row = (values: readonly number[]) => tf.tensor1d([...values]);
const encode = (x: tf.Tensor) => diagonalGaussian(tf.sum(tf.mul(x, row(encoder.weight)), -1, true), encoder.scale);
const decode = (z: tf.Tensor) =>
  distributionBelief(bernoulliDistribution, [tf.add(tf.mul(tf.tanh(z), row(decoder.weight)), row(decoder.bias))]);
const latent = (name: string) => prior(name, diagonalGaussian(tf.zeros([1, 1, 1]), 1));
const data = () => tf.tensor2d(pixels);

const code = (n: number) => sum((pixels[n] as number[]).map((pixel, d) => pixel * (encoder.weight[d] as number)));
const logPixels = (n: number, z: number) =>
  sum(
    (pixels[n] as number[]).map((pixel, d) => {
      const logit = Math.tanh(z) * (decoder.weight[d] as number) + (decoder.bias[d] as number);
      return pixel * logit - Math.log1p(Math.exp(logit));
    }),
  );
/** log p(x, z) - log q(z | x) by hand. */
const logWeight = (n: number, z: number) => logPixels(n, z) + logNormal(z, 0, 1) - logNormal(z, code(n), encoder.scale);

describe('autoencoders as games', () => {
  const autoencoder = () => sequence(latent('z'), game('x', {model: decode, inversion: encode}));

  it('VAE: the loss is minus the evidence lower bound of its draws', async () => {
    const {loss, draws, energy, logQ} = freeEnergy(autoencoder(), data(), {samples: 2, rng: createRng(5)});
    const z = await valuesOf(draws.z);
    const each = z.map((value, i) => logWeight(i % N, value));
    closeTo(await numberOf(loss), -mean(each), {rtol: 1e-6});
    closeTo(await tf.sub(tf.neg(energy), logQ).data(), each, {rtol: 2e-6});
    closeTo(
      await logQ.data(),
      z.map((value, i) => logNormal(value, code(i % N), encoder.scale)),
      {rtol: 3e-6},
    );
  });

  it('VAE: beta weighs prior and entropy together, and the divergence may be in closed form', async () => {
    const {loss, draws} = freeEnergy(autoencoder(), data(), {klWeight: 4, rng: createRng(6)});
    const z = await valuesOf(draws.z);
    const beta = z.map((value, n) => 4 * (logWeight(n, value) - logPixels(n, value)) + logPixels(n, value));
    closeTo(await numberOf(loss), -mean(beta), {rtol: 1e-6});

    const closed = sequence(
      prior('z', diagonalGaussian(tf.zeros([1, 1, 1]), 1), {energy: 'none'}),
      game<tf.Tensor, tf.Tensor>('x', {
        model: decode,
        inversion: encode,
        regularizer: (q, _, before) => tf.neg(beliefDivergence(q, before())),
      }),
    );
    const result = freeEnergy(closed, data(), {rng: createRng(6)});
    const drawn = await valuesOf(result.draws.z);
    const expected = drawn.map(
      (value, n) => gaussianDivergence([code(n), encoder.scale ** 2], [0, 1]) - logPixels(n, value),
    );
    closeTo(await numberOf(result.loss), mean(expected), {rtol: 1e-6});
  });

  it('IWAE: draws of each example are averaged as weights', async () => {
    const options = {samples: 5, bound: 'importance-weighted', rng: createRng(7)} as const;
    const {loss, draws} = freeEnergy(autoencoder(), data(), options);
    const z = await valuesOf(draws.z);
    const bounds = range(N).map((n) =>
      Math.log(mean(range(5).map((s) => Math.exp(logWeight(n, z[s * N + n] as number))))),
    );
    closeTo(await numberOf(loss), -mean(bounds), {rtol: 1e-6});

    const renyi = freeEnergy(autoencoder(), data(), {...options, bound: {renyi: 0.25}});
    const between = range(N).map(
      (n) => Math.log(mean(range(5).map((s) => Math.exp(0.75 * logWeight(n, z[s * N + n] as number))))) / 0.75,
    );
    closeTo(await numberOf(renyi.loss), -mean(between), {rtol: 1e-6});
    const atOne = freeEnergy(autoencoder(), data(), {...options, bound: {renyi: 1}});
    closeTo(await numberOf(atOne.loss), -mean(z.map((value, i) => logWeight(i % N, value))), {rtol: 1e-6});
  });

  it('hierarchical VAE: the layers of the bound', async () => {
    const middle = game('z1', {
      model: (z2: tf.Tensor) => diagonalGaussian(tf.mul(z2, 0.75), 0.5),
      inversion: (z1) => diagonalGaussian(tf.tanh(z1), 0.875),
    });
    const whole = sequence(latent('z2'), middle, game('x', {model: decode, inversion: encode}));
    const {loss, draws, parts} = freeEnergy(whole, data(), {samples: 3, rng: createRng(8)});
    const [z1, z2] = [await valuesOf(draws.z1), await valuesOf(draws.z2)];
    const layers = z1.map((a, i) => {
      const b = z2[i] as number;
      return {
        x: -logPixels(i % N, a) + logNormal(a, code(i % N), encoder.scale),
        z1: -logNormal(a, 0.75 * b, 0.5) + logNormal(b, Math.tanh(a), 0.875),
        z2: -logNormal(b, 0, 1),
      };
    });
    closeTo(await numberOf(loss), mean(layers.map((layer) => layer.x + layer.z1 + layer.z2)), {rtol: 1e-6});
    for (const name of ['x', 'z1', 'z2'] as const) {
      const part = await numberOf(parts[name] as tf.Tensor);
      closeTo(part, mean(layers.map((layer) => layer[name])), {rtol: 2e-6, atol: 2e-7});
    }
  });

  it('VIB: labels from a code of the pixels', async () => {
    const labels = [0, 1, 1];
    const bottleneck = sequence(
      latent('code'),
      conditional('label', {
        model: (z: tf.Tensor, _: tf.Tensor) => distributionBelief(bernoulliDistribution, [tf.mul(z, 1.5)]),
        inversion: ([x]) => encode(x),
      }),
    );
    const pairs = [data(), tf.tensor2d(labels.map((label) => [label]))] as const;
    const {loss, draws} = freeEnergy(bottleneck, pairs, {klWeight: 0.125, rng: createRng(9)});
    const z = await valuesOf(draws.code);
    const expected = z.map((value, n) => {
      const crossEntropy = Math.log1p(Math.exp(1.5 * value)) - 1.5 * value * (labels[n] as number);
      const divergence = logNormal(value, code(n), encoder.scale) - logNormal(value, 0, 1);
      return crossEntropy + 0.125 * divergence;
    });
    closeTo(await numberOf(loss), mean(expected), {rtol: 1e-6});
  });
});
