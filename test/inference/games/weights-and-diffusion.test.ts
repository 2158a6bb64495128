import * as tf from '@tensorflow/tfjs-core';
import {
  clamp,
  conditional,
  diagonalGaussian,
  freeEnergy,
  type Game,
  game,
  plate,
  pointBelief,
  prior,
  sequence,
} from '../../../inference/games/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {gaussianDivergence, logNormal, mean, numberOf, range, sum, valuesOf} from './support.ts';

describe('a Bayesian neural net as a game', () => {
  const inputs = [-1.5, -0.5, 0.25, 1];
  const targets = [0.5, -0.25, 0, 0.75];
  const data = () => [tf.tensor2d(inputs, [4, 1]), tf.tensor2d(targets, [4, 1])] as const;
  const column = (w: tf.Tensor, i: number) => tf.reshape(tf.slice(w, [0, i], [-1, 1]), [-1, 1, 1]);
  // f(x) = w3 tanh(w1 x + w2), one draw of the weights for each row of w
  const net = (w: tf.Tensor, x: tf.Tensor) =>
    diagonalGaussian(tf.mul(column(w, 2), tf.tanh(tf.add(tf.mul(column(w, 0), x), column(w, 1)))), 0.5);
  const output = (w: readonly number[], x: number) =>
    (w[2] as number) * Math.tanh((w[0] as number) * x + (w[1] as number));
  const centre = [0.5, -0.25, 1];
  const likelihood = (total: number) =>
    plate(conditional('y', {model: net, inversion: () => diagonalGaussian(tf.tensor2d([centre]), 0.375)}), {total});
  const weights = () => prior('weights', diagonalGaussian(tf.zeros([1, 3]), 1.5));

  it('scales the likelihood of a minibatch to all examples, and pays for its weights once', async () => {
    const {loss, draws} = freeEnergy(sequence(weights(), likelihood(40)), data(), {samples: 3, rng: createRng(2)});
    const drawn = await valuesOf(draws.weights);
    const each = range(3).map((s) => {
      const w = drawn.slice(3 * s, 3 * s + 3);
      const fit = sum(inputs.map((x, n) => logNormal(targets[n] as number, output(w, x), 0.5)));
      const own = sum(w.map((value, i) => logNormal(value, centre[i] as number, 0.375) - logNormal(value, 0, 1.5)));
      return own - 10 * fit;
    });
    closeTo(await numberOf(loss), mean(each), {rtol: 1e-6});
  });

  it('is ordinary training where the weights are a point, and ordinary evaluation where they are clamped', async () => {
    const point = plate(
      conditional('y', {model: net, inversion: () => pointBelief(tf.tensor2d([centre]) as tf.Tensor)}),
      {total: 4},
    );
    const {loss} = freeEnergy(sequence(weights(), point), data());
    const fit = sum(inputs.map((x, n) => logNormal(targets[n] as number, output(centre, x), 0.5)));
    const penalty = sum(centre.map((value) => -logNormal(value, 0, 1.5)));
    closeTo(await numberOf(loss), penalty - fit, {rtol: 1e-6});
    const known = freeEnergy(clamp(likelihood(4)), [tf.tensor1d(centre) as tf.Tensor, data()] as const);
    closeTo(await numberOf(known.loss), -fit, {rtol: 1e-6});
  });
});

describe('a diffusion model as a game', () => {
  // w0 -> w1 -> w2 -> w3 by noise, and back by linear decoders: every expectation of the bound has a closed form.
  const beta = [0.1, 0.3, 0.5];
  const decoders = [
    {slope: 0.9, offset: 0.05, scale: 0.4},
    {slope: 0.8, offset: -0.1, scale: 0.5},
    {slope: 0.6, offset: 0.2, scale: 0.7},
  ];
  const w0 = 0.8;
  const link = (t: number): Game => {
    const {slope, offset, scale} = decoders[t - 1] as (typeof decoders)[number];
    const noise = beta[t - 1] as number;
    return game(`w${t - 1}`, {
      model: (w: tf.Tensor) => diagonalGaussian(tf.add(tf.mul(w, slope), offset), scale),
      inversion: (w) => diagonalGaussian(tf.mul(w, Math.sqrt(1 - noise)), Math.sqrt(noise)),
      regularizer: 'entropy',
      coupling: 'exact',
    });
  };

  it('has the bound of the literature: divergences from the posterior of the noising process', async () => {
    const whole: Game<null> = sequence(prior('w3', diagonalGaussian(tf.zeros([1, 1]), 1)), link(3), link(2), link(1));
    const {loss, draws} = freeEnergy(whole, tf.tensor1d([w0]));
    const kept = (t: number) => beta.slice(0, t).reduce((product, b) => product * (1 - b), 1);
    // w_t given w0 is N(sqrt(kept) w0, 1 - kept); nodes of two points make expectations of quadratics exact.
    const nodes = (t: number) => [-1, 1].map((sign) => Math.sqrt(kept(t)) * w0 + sign * Math.sqrt(1 - kept(t)));
    const transition = (t: number) =>
      mean(
        nodes(t).map((w) => {
          const [b, a] = [beta[t - 1] as number, 1 - (beta[t - 1] as number)];
          const {slope, offset, scale} = decoders[t - 1] as (typeof decoders)[number];
          const centre = (Math.sqrt(kept(t - 1)) * b * w0 + Math.sqrt(a) * (1 - kept(t - 1)) * w) / (1 - kept(t));
          const variance = ((1 - kept(t - 1)) / (1 - kept(t))) * b;
          return gaussianDivergence([centre, variance], [slope * w + offset, scale ** 2]);
        }),
      );
    const first = decoders[0] as (typeof decoders)[number];
    const reconstruction = mean(nodes(1).map((w) => -logNormal(w0, first.slope * w + first.offset, first.scale)));
    const last = gaussianDivergence([Math.sqrt(kept(3)) * w0, 1 - kept(3)], [0, 1]);
    closeTo(await numberOf(loss), last + transition(3) + transition(2) + reconstruction, {rtol: 1e-6});
    closeTo((await valuesOf(draws.w3)).length, 8);
  });
});
