import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import {expect} from 'chai';
import fc from 'fast-check';
import {
  type Belief,
  carry,
  categoricalBelief,
  categoricalInversion,
  clamp,
  conditional,
  diagonalGaussian,
  fitGame,
  freeEnergy,
  type Game,
  game,
  identityGame,
  linearGaussian,
  type Moments,
  parallel,
  particleBelief,
  plate,
  prior,
  productBelief,
  reveal,
  sequence,
} from '../../../inference/games/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {logNormal, mean, numberOf, range, sum, valuesOf} from './support.ts';

const standard = () => diagonalGaussian(tf.zeros([1, 1]), 1);
const exactLink = (name: string) => linearGaussian(name, {matrix: tf.eye(1), covariance: tf.eye(1)});

/** A link whose model and inversion are not inverse to each other, of three numbers. */
function link(name: string, [slope, scale, back]: readonly [number, number, number]): Game {
  return game(name, {
    model: (x: tf.Tensor) => diagonalGaussian(tf.mul(tf.tanh(x), slope), scale),
    inversion: (y) => diagonalGaussian(tf.mul(y, back), scale),
  });
}

async function lossOf(whole: Game<null>, y: number, samples = 3): Promise<number> {
  return numberOf(freeEnergy(whole, tf.tensor1d([y]), {samples, rng: createRng(1)}).loss);
}

const number = fc.double({min: -2, max: 2, noNaN: true});
const scale = fc.double({min: 0.5, max: 2, noNaN: true});
const numbers = fc.tuple(number, scale, number);

describe('composition of games', () => {
  it('does not depend on the brackets, and identities change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, numbers, number, async (a, b, c, y) => {
        const [start, first, second, third] = [prior('w', standard()), link('x', a), link('y', b), link('z', c)];
        const expected = await lossOf(sequence(start, first, second, third), y);
        expect(await lossOf(sequence(sequence(start, first), sequence(second, third)), y)).to.equal(expected);
        expect(await lossOf(sequence(start, sequence(first, sequence(second, third))), y)).to.equal(expected);
        expect(await lossOf(sequence(start, identityGame(), first, second, third, identityGame()), y)).to.equal(
          expected,
        );
      }),
      {numRuns: 10, seed: 1},
    );
  });

  it('adds energies and losses side by side', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, number, number, async (a, b, y1, y2) => {
        const first = sequence(prior('x1', standard()), link('y1', a));
        const second = sequence(prior('x2', standard()), link('y2', b));
        const data = [tf.tensor1d([y1]), tf.tensor1d([y2])] as const;
        const options = {samples: 3, rng: createRng(1)};
        const both = freeEnergy(parallel(first, second), data, options);
        const apart = [freeEnergy(first, data[0], options), freeEnergy(second, data[1], options)] as const;
        closeTo(await numberOf(both.loss), (await numberOf(apart[0].loss)) + (await numberOf(apart[1].loss)), {
          rtol: 1e-5,
          atol: 1e-6,
        });
        const energy = tf.add(apart[0].energy, apart[1].energy);
        closeTo(await both.energy.data(), await energy.data(), {rtol: 1e-5});
      }),
      {numRuns: 10, seed: 2},
    );
  });

  it('enumerates side by side every pair of states', async () => {
    const means = [-1, 1.5];
    const side = (name: string) => {
      const model = (state: tf.Tensor) => diagonalGaussian(tf.matMul(state, tf.tensor2d(means, [2, 1])), 1);
      const start = prior(`state ${name}`, categoricalBelief(tf.zeros([1, 2])));
      return sequence(start, game(name, {model, inversion: categoricalInversion(model), coupling: 'exact'}));
    };
    const {loss, draws, logWeight} = freeEnergy(parallel(side('a'), side('b')), [tf.tensor1d([0.5]), tf.tensor1d([2])]);
    const evidence = (y: number) => Math.log(mean(means.map((at) => Math.exp(logNormal(y, at, 1)))));
    closeTo(await numberOf(loss), -evidence(0.5) - evidence(2), {rtol: 1e-6});
    expect(logWeight.shape).to.deep.equal([4]);
    expect(await valuesOf(draws['state a'])).to.deep.equal([1, 0, 0, 1, 1, 0, 0, 1]);
    expect(await valuesOf(draws['state b'])).to.deep.equal([1, 0, 1, 0, 0, 1, 0, 1]);
  });

  it('reveals a latent, which is then not inferred', async () => {
    const chain = sequence(prior('x', standard()), exactLink('y'), exactLink('z'));
    const shown = reveal(chain, 'y');
    expect(Object.keys(shown.latents)).to.deep.equal(['x']);
    const {loss, draws} = freeEnergy(shown, [tf.tensor1d([0.5]), tf.tensor1d([1.5])]);
    closeTo(await numberOf(loss), -logNormal(0.5, 0, Math.SQRT2) - logNormal(1.5, 0.5, 1), {rtol: 1e-6});
    expect(Object.keys(draws)).to.deep.equal(['x']);
    const {y: sampled} = shown.sample(null, createRng(1), 5);
    expect(sampled.map(({shape}) => shape)).to.deep.equal([
      [5, 1],
      [5, 1],
    ]);
    expect(() => reveal(chain, 'w')).to.throw(/x, y.*got w/);
  });

  it('carries an input along to a link that needs both', async () => {
    const start = prior('a', standard());
    const second = game('b', {model: (a: tf.Tensor) => diagonalGaussian(tf.mul(a, 2), 0.5)});
    const third = game('c', {
      model: ([a, b]: readonly [tf.Tensor, tf.Tensor]) => diagonalGaussian(tf.mul(a, b), 0.75),
      inversion: (c) => productBelief(diagonalGaussian(c, 0.5), diagonalGaussian(tf.mul(c, 3), 0.25)),
    });
    const {loss, draws} = freeEnergy(sequence(start, carry(second), third), tf.tensor1d([0.8]), {samples: 3});
    const pair = draws['b and its input'] as tf.Tensor[];
    const [a, b] = (await Promise.all(pair.map(valuesOf))) as [number[], number[]];
    const each = a.map((at, k) => {
      const other = b[k] as number;
      const joint = logNormal(at, 0, 1) + logNormal(other, 2 * at, 0.5) + logNormal(0.8, at * other, 0.75);
      return logNormal(at, 0.8, 0.5) + logNormal(other, 2.4, 0.25) - joint;
    });
    closeTo(await numberOf(loss), mean(each), {rtol: 1e-5});
  });

  it('pushes beliefs forwards by particles where there is no closed form', async () => {
    let seen: readonly tf.Tensor[] = [];
    const cube = game('y', {model: (x: tf.Tensor) => diagonalGaussian(tf.add(tf.mul(x, 2), 1), 0.1)});
    const last = game('z', {
      model: (y: tf.Tensor) => diagonalGaussian(y, 1),
      inversion: (_, before) => {
        const {mean: centre, covariance} = momentsOf(before());
        seen = [tf.keep(tf.clone(centre)), tf.keep(tf.clone(covariance))];
        return diagonalGaussian(centre, 1);
      },
    });
    freeEnergy(sequence(prior('x', standard()), clampless(cube), last), tf.tensor1d([0]), {samples: 4000});
    closeTo(await valuesOf(seen[0]), [1], {atol: (4 * 2) / Math.sqrt(4000)});
    closeTo(await valuesOf(seen[1]), [4.01], {atol: 4 * 4.01 * Math.sqrt(2 / 4000)});
    tf.dispose([...seen]);
    expect(() => particleBelief(tf.zeros([3, 1])).logProb(tf.zeros([3, 1]))).to.throw(/pushforward/);
  });

  it('samples the model forwards', async () => {
    const {y, latents} = sequence(prior('x', standard()), exactLink('y'), exactLink('z')).sample(
      null,
      createRng(2),
      4000,
    );
    const values = await valuesOf(y);
    closeTo(mean(values), 0, {atol: 4 * Math.sqrt(3 / 4000)});
    closeTo(mean(values.map((value) => value ** 2)), 3, {atol: 4 * 3 * Math.sqrt(2 / 4000)});
    expect(Object.keys(latents)).to.deep.equal(['x', 'y']);
  });

  it('gives the same for the same stream, and says what is wrong', async () => {
    const chain = sequence(prior('x', standard()), link('y', [1, 1, 1]));
    expect(await lossOf(chain, 1)).to.equal(await lossOf(chain, 1));
    const model = (x: tf.Tensor) => diagonalGaussian(x, 1);
    const y = tf.tensor1d([1]);
    expect(() => sequence(prior('x', standard()), link('x', [1, 1, 1]))).to.throw(/x twice/);
    expect(() => freeEnergy(sequence(prior('x', standard()), game('y', {model})), y)).to.throw(
      /y to have an inversion/,
    );
    expect(() => freeEnergy(exactLink('y'), y)).to.throw(/prior that flows into y/);
    expect(() => freeEnergy(chain, y, {samples: 0})).to.throw(/samples/);
    closeTo(await numberOf(freeEnergy(exactLink('y'), y, {prior: standard(), samples: 1}).loss), await localLoss(), {
      rtol: 1e-5,
    });
  });

  it('asks for a plate where weights are shared by examples', () => {
    const y = conditional('y', {
      model: (w: tf.Tensor, x: tf.Tensor) => diagonalGaussian(tf.mul(tf.expandDims(w, 1), x), 1),
      inversion: standard,
    });
    const data = [tf.ones([4, 1]), tf.ones([4, 1])] as const;
    expect(() => freeEnergy(sequence(prior('w', standard()), y), data)).to.throw(/plate/);
    expect(freeEnergy(sequence(prior('w', standard()), plate(y, {total: 4})), data).energy.shape).to.deep.equal([1]);
    expect(() => plate(y, {total: 0})).to.throw(/total/);
    const exact = {matrix: tf.eye(1), covariance: tf.eye(1), coupling: 'exact'} as const;
    const inside = plate(sequence(prior('z', diagonalGaussian(tf.zeros([1, 1, 1]), 1)), linearGaussian('v', exact)), {
      total: 2,
    });
    expect(() => freeEnergy(inside, tf.ones([2, 1]))).to.throw(/inside v.*'exact'/);
  });

  it('trains on minibatches, which it disposes, and tells what it cannot train', async () => {
    const slope = tf.variable(tf.tensor2d([[0]]));
    const net = clamp(game('y', {model: (x: tf.Tensor) => diagonalGaussian(tf.mul(x, slope), 1), variables: [slope]}));
    const optimizer = tf.train.sgd(0.004);
    await expectNoLeak(async () => {
      await fitGame(net, (step) => [tf.tensor2d([[1], [1 + step]]), tf.tensor2d([[2], [2 + 2 * step]])] as const, {
        steps: 20,
        optimizer,
      });
    });
    closeTo(await valuesOf(slope as tf.Tensor), [2], {atol: 0.02});
    const data = [tf.tensor2d([[1]]), tf.tensor2d([[2]])] as const;
    await expectNoLeak(async () => {
      await fitGame(net, data, {steps: 2});
      const stopped = fitGame(net, data, {
        steps: 2,
        onProgress: () => {
          throw new RangeError('stop');
        },
      });
      expect(await stopped.catch((error: Error) => error.message)).to.equal('stop');
    });
    const nothing = sequence(prior('x', standard()), exactLink('y'));
    await fitGame(nothing, tf.tensor1d([1]), {steps: 1}).then(
      () => expect.fail('trained nothing'),
      (error: Error) => expect(error.message).to.match(/variables/),
    );
  });
});

/** A game in the middle needs a way back, which this test does not use. */
function clampless(middle: Game): Game {
  return {...middle, infer: (problem, sweep) => middle.infer({...problem, known: problem.y}, sweep)};
}

/** The exact link's own loss at its first draw: -log p(y | x) + log q(x | y). */
async function localLoss(): Promise<number> {
  const {draws} = freeEnergy(exactLink('y'), tf.tensor1d([1]), {prior: standard(), samples: 1});
  const x = await valuesOf(draws.input);
  return sum(range(1).map((k) => logNormal(x[k] as number, 0.5, Math.SQRT1_2) - logNormal(1, x[k] as number, 1)));
}

function momentsOf(belief: Belief): Moments {
  const moments = belief.moments?.();
  if (moments === undefined) throw new TypeError('expected moments');
  return moments;
}
