import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {expect} from 'chai';
import {
  type Bound,
  type Coupling,
  categoricalBelief,
  diagonalGaussian,
  freeEnergy,
  type GameGradient,
  game,
  linearGaussian,
  prior,
  sequence,
} from '../../../inference/games/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {logNormal, mean, numberOf, sum, valuesOf} from './support.ts';

const [Y, M, S, CENTRE] = [1, 0.25, 0.75, -0.5];
const SAMPLES = 4;

interface Run {
  readonly coupling?: Coupling;
  readonly gradient?: GameGradient;
  readonly bound?: Bound;
}

/** x ~ N(centre, 1), y ~ N(x, 1), q = N(m, s^2): the gradients of the loss and the draws behind them. */
async function run({coupling, gradient = 'joint', bound = 'elbo'}: Run) {
  const [centre, m, s] = [CENTRE, M, S].map((value) => tf.variable(tf.tensor2d([[value]]))) as [
    tf.Variable,
    tf.Variable,
    tf.Variable,
  ];
  const whole = sequence(
    prior('x', () => diagonalGaussian(centre, 1)),
    game('y', {
      model: (x: tf.Tensor) => diagonalGaussian(x, 1),
      inversion: () => diagonalGaussian(m, s),
      ...(coupling === undefined ? {} : {coupling}),
    }),
  );
  const options = {samples: coupling === 'exact' ? 1 : SAMPLES, gradient, bound, rng: createRng(11)};
  const y = tf.tensor1d([Y]);
  const {value, grads} = tf.variableGrads(() => freeEnergy(whole, y, options).loss, [centre, m, s]);
  const {draws, loss} = freeEnergy(whole, y, options);
  closeTo(await numberOf(value), await numberOf(loss), {rtol: 1e-7});
  const of = (variable: tf.Variable) => numberOf(grads[variable.name] as tf.Tensor);
  return {
    x: await valuesOf(draws.x),
    loss: await numberOf(loss),
    centre: await of(centre),
    m: await of(m),
    s: await of(s),
  };
}

const noise = (x: number) => (x - M) / S;
/** Slope of the energy of both games in x. */
const slope = (x: number) => x - Y + (x - CENTRE);
const cost = (x: number) => -logNormal(x, CENTRE, 1) - logNormal(Y, x, 1) + logNormal(x, M, S);

describe('the gradient of a free energy', () => {
  it('is exact where the expectation is', async () => {
    const {centre, m, s, loss} = await run({coupling: 'exact'});
    const expected =
      0.5 * ((Y - M) ** 2 + S ** 2 + (M - CENTRE) ** 2 + S ** 2) - Math.log(S) - 0.5 + 0.5 * Math.log(2 * Math.PI);
    closeTo(loss, expected, {rtol: 1e-6});
    closeTo([centre, m, s], [CENTRE - M, M - Y + M - CENTRE, 2 * S - 1 / S], {rtol: 1e-5});
  });

  it('goes through the draws by default', async () => {
    const {x, centre, m, s} = await run({});
    expect(x).to.have.length(SAMPLES);
    const expected = [
      mean(x.map((at) => CENTRE - at)),
      mean(x.map(slope)),
      mean(x.map((at) => noise(at) * slope(at))) - 1 / S,
    ];
    closeTo([centre, m, s], expected, {rtol: 1e-5});
  });

  it('weighs the score with what each draw costs more than the others', async () => {
    const {x, m, s} = await run({coupling: 'score'});
    const scores = x.map((at) => [noise(at) / S, (noise(at) ** 2 - 1) / S] as const);
    const total = sum(x.map(cost));
    const credit = x.map((at) => cost(at) - (total - cost(at)) / (SAMPLES - 1));
    for (const [i, got] of [m, s].entries()) {
      const expected = mean(scores.map((score, k) => (score[i] as number) * (1 + (credit[k] as number))));
      closeTo(got, expected, {rtol: 2e-5});
    }
  });

  it('weighs the sum of the scores with an importance-weighted loss', async () => {
    const {x, m, loss} = await run({coupling: 'score', bound: 'importance-weighted'});
    const weights = x.map((at) => Math.exp(-cost(at)));
    const expected = sum(x.map((at, k) => (noise(at) / S) * (loss + (weights[k] as number) / sum(weights))));
    closeTo(m, expected, {rtol: 2e-5});
  });

  it('sticks the landing: log q is differentiated through its draws alone', async () => {
    const {x, m, s} = await run({gradient: 'stl'});
    const pull = (at: number) => slope(at) - noise(at) / S;
    closeTo([m, s], [mean(x.map(pull)), mean(x.map((at) => noise(at) * pull(at)))], {rtol: 1e-5});
  });

  it('is doubly reparameterized: squared weights for the inversion, weights for the model', async () => {
    const {x, centre, m, s} = await run({gradient: 'dreg', bound: 'importance-weighted'});
    const raw = x.map((at) => Math.exp(-cost(at)));
    const weights = raw.map((value) => value / sum(raw));
    const pull = (at: number, k: number) => (weights[k] as number) ** 2 * (slope(at) - noise(at) / S);
    const expected = [
      sum(x.map((at, k) => (weights[k] as number) * (CENTRE - at))),
      sum(x.map(pull)),
      sum(x.map((at, k) => noise(at) * pull(at, k))),
    ];
    closeTo([centre, m, s], expected, {rtol: 1e-5});
  });

  it('stays inside each game where edges are stopped', async () => {
    for (const options of [{coupling: 'stopped'}, {gradient: 'local'}] as const) {
      const {x, centre, m, s} = await run(options);
      const own = x.map((at) => at - Y); // of the game's own energy, not of the prior's
      const expected = [
        mean(x.map((at) => CENTRE - at)),
        mean(own),
        mean(own.map((value, k) => value * noise(x[k] as number))) - 1 / S,
      ];
      closeTo([centre, m, s], expected, {rtol: 1e-5});
    }
  });

  it('reaches the states of a category on average over draws, and exactly by summing over them', async () => {
    const logits = tf.variable(tf.tensor2d([[0.5, -0.25, 0]]));
    const means = tf.tensor2d([[-1], [0], [2]]);
    const mixture = (coupling: Coupling) =>
      sequence(
        prior('k', categoricalBelief(tf.zeros([1, 3]))),
        game('y', {
          model: (k: tf.Tensor) => diagonalGaussian(tf.matMul(k, means), 1),
          inversion: () => categoricalBelief(logits),
          coupling,
        }),
      );
    const gradient = async (coupling: Coupling, samples: number) => {
      const loss = () => freeEnergy(mixture(coupling), tf.tensor1d([1]), {samples, rng: createRng(4)}).loss;
      const {grads} = tf.variableGrads(loss, [logits]);
      return [...(await (grads[logits.name] as tf.Tensor).data())];
    };
    const probs = [0.5, -0.25, 0].map(Math.exp);
    const q = probs.map((value) => value / sum(probs));
    const costs = [-1, 0, 2].map((at, k) => Math.log(q[k] as number) - Math.log(1 / 3) - logNormal(1, at, 1));
    const average = sum(costs.map((value, k) => value * (q[k] as number)));
    const exact = costs.map((value, k) => (q[k] as number) * (value - average));
    closeTo(await gradient('exact', 1), exact, {rtol: 1e-5, atol: 1e-7});
    // One draw's estimate is credit (onehot - q), of a standard deviation below that of the costs: 0.9 / sqrt(8000) = 0.01.
    closeTo(await gradient('score', 8000), exact, {atol: 0.04});
    await gradient('path', 1).then(
      () => expect.fail('draws of a category have no path'),
      (error: Error) => expect(error.message).to.match(/inversion of y.*categorical/),
    );
  });

  it('refuses estimators that do not fit the bound', async () => {
    const chain = (regularizer: 'entropy' | 'log-density') => {
      const link = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1), regularizer});
      return sequence(prior('x', diagonalGaussian(tf.zeros([1, 1]), 1)), link('y'), link('z'));
    };
    const bound = 'importance-weighted';
    const y = tf.tensor1d([1]);
    expect(() => freeEnergy(chain('log-density'), y, {bound, gradient: 'dreg'})).to.throw(/one inversion.*got 2/);
    expect(() => freeEnergy(chain('entropy'), y, {bound})).to.throw(/'log-density' in every game/);
    await run({gradient: 'stl', bound: 'importance-weighted'}).then(
      () => expect.fail('accepted'),
      (error: Error) => expect(error.message).to.match(/expected bound 'elbo' for gradient 'stl'/),
    );
    await run({gradient: 'dreg'}).then(
      () => expect.fail('accepted'),
      (error: Error) => expect(error.message).to.match(/importance-weighted/),
    );
  });
});
