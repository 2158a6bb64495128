import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import fc from 'fast-check';
import {DataError, ShapeError} from '../../../src/errors.ts';
import {categorical} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {
  fisherIsHessian,
  lossGradientMatches,
  productMatchesFisher,
  rootMatchesFisher,
} from '../../support/likelihood-checks.ts';

const likelihood = categorical();

function normals(seed: number, shape: number[]): tf.Tensor {
  return tf.tensor(new Float32Array(createRng(seed).normals(tf.util.sizeFromShape(shape))), shape);
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('expected a rejection');
  return outcome;
}

describe('categorical', () => {
  onEachBackend(() => {
    for (const shape of [
      [6, 2],
      [6, 5],
      [2, 3, 4],
    ]) {
      it(`has a Fisher that is the Hessian, with root and product, for outputs [${shape}]`, async () => {
        const f = normals(1, shape);
        const v = normals(2, shape);
        const y = likelihood.sample(f, createRng(3));
        await fisherIsHessian(likelihood, f, y, {rtol: 1e-3, atol: 2e-4});
        await rootMatchesFisher(likelihood, f, {rtol: 1e-5, atol: 1e-7});
        await productMatchesFisher(likelihood, f, v, {rtol: 1e-5, atol: 1e-6});
        await lossGradientMatches(likelihood, f, y, {rtol: 2e-3, atol: 2e-4});
        tf.dispose([f, v, y]);
      });
    }

    it('gives one-hot targets for integer labels, ignoring -100', async () => {
      const labels = tf.tensor2d(
        [
          [2, 0],
          [-100, 1],
        ],
        [2, 2],
        'int32',
      );
      const y = await likelihood.prepareTargets(labels, [2, 2, 3], 'test');
      expect(y.shape).to.deep.equal([2, 2, 3]);
      closeTo(await y.data(), [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
      const f = normals(4, [2, 2, 3]);
      const [nll, observed] = [likelihood.negLogProb(f, y), likelihood.observed(y)];
      expect((await nll.data())[2]).to.equal(0);
      closeTo(await observed.data(), [1, 1, 0, 1]);
      tf.dispose([labels, y, f, nll, observed]);
    });
  });

  it('has a Fisher equal to the expected outer product of scores over all labels', async () => {
    const f = tf.tensor2d([[1, -2, 0.5, 3]]);
    const expected = tf.tidy(() => {
      const probs = tf.reshape(tf.softmax(f), [4]);
      const score = tf.grad((at: tf.Tensor) => tf.sum(tf.mul(likelihood.negLogProb(at, tf.eye(4)), tf.ones([4]))));
      const scores = score(tf.tile(f, [4, 1]));
      return tf.matMul(tf.mul(scores, tf.expandDims(probs, 1)), scores, true);
    });
    const fisher = likelihood.fisher(f);
    closeTo(await fisher.data(), await expected.data(), {rtol: 1e-5, atol: 1e-7});
    tf.dispose([f, fisher, expected]);
  });

  it('keeps its relative accuracy where one class is nearly certain, whichever it is', async () => {
    const gap = 20;
    const [p, q] = [1 / (1 + 2 * Math.exp(-gap)), Math.exp(-gap) / (1 + 2 * Math.exp(-gap))];
    for (const winner of [0, 1, 2]) {
      const logits = [0, 0, 0];
      logits[winner] = gap;
      const f = tf.tensor2d([logits]);
      const exact = [0, 1, 2].flatMap((i) =>
        [0, 1, 2].map((j) => {
          const [pi, pj] = [i === winner ? p : q, j === winner ? p : q];
          if (i !== j) return -pi * pj;
          return i === winner ? 2 * p * q : q * (p + q);
        }),
      );
      const fisher = likelihood.fisher(f);
      closeTo(await fisher.data(), exact, {rtol: 1e-5});
      const root = likelihood.fisherRoot(f);
      expect(root.shape).to.deep.equal([1, 3, 2]);
      const square = tf.matMul(root, root, false, true);
      closeTo(await square.data(), exact, {rtol: 2e-5, atol: 1e-14});
      tf.dispose([f, fisher, root, square]);
    }
  });

  it('has a differentiable root', async () => {
    const f = tf.tensor2d([[0.3, -1, 40]]);
    const gradient = tf.tidy(() => tf.grad((at: tf.Tensor) => tf.sum(likelihood.fisherRoot(at)))(f));
    expect(Array.from(await gradient.data()).every(Number.isFinite)).to.equal(true);
    tf.dispose([f, gradient]);
  });

  it('has its log-probabilities in log space, and takes soft labels', async () => {
    const f = tf.tensor2d([
      [0, -500],
      [1, 2],
    ]);
    const y = tf.tensor2d([
      [0, 1],
      [0.25, 0.75],
    ]);
    const nll = likelihood.negLogProb(f, y);
    closeTo(await nll.data(), [500, Math.log(Math.exp(1) + Math.exp(2)) - 0.25 - 1.5], {rtol: 1e-6});
    tf.dispose([f, y, nll]);
  });

  it('samples labels with their probabilities, the same for the same seed', async () => {
    const draws = 20000;
    const f = tf.tile(tf.tensor2d([[Math.log(0.2), Math.log(0.7), Math.log(0.1)]]), [draws, 1]);
    const [a, b] = [likelihood.sample(f, createRng(6)), likelihood.sample(f, createRng(6))];
    const frequencies = tf.mean(a, 0);
    closeTo(await frequencies.data(), [0.2, 0.7, 0.1], {atol: (5 * 0.46) / Math.sqrt(draws)});
    closeTo(await a.data(), await b.data());
    tf.dispose([f, a, b, frequencies]);
  });

  it('rebuilds from its config and never changes f', async () => {
    expect(likelihood.getConfig()).to.deep.equal({name: 'categorical'});
    const f = tf.tensor2d([[1, 2, 3]]);
    tf.dispose([likelihood.fisher(f), likelihood.fisherRoot(f), likelihood.sample(f, createRng(1))]);
    closeTo(await f.data(), [1, 2, 3]);
    f.dispose();
  });

  describe('refuses', () => {
    const refusals: [string, () => tf.Tensor, number[], new (message: string) => Error, string][] = [
      [
        'rows of another length',
        () => tf.zeros([4, 9]),
        [4, 10],
        ShapeError,
        'fit: expected y of shape [4, 10] or [4], got [4, 9].',
      ],
      [
        'labels past the last class',
        () => tf.tensor1d([0, 3]),
        [2, 3],
        DataError,
        'integer labels from 0 to 2 (or -100 to ignore), got 3 at index 1',
      ],
      ['labels that are no integers', () => tf.tensor1d([0.5, 1]), [2, 3], DataError, 'got 0.5 at index 0'],
      ['NaN labels', () => tf.tensor1d([1, Number.NaN]), [2, 3], DataError, 'got NaN at index 1'],
      [
        'rows that do not sum to one',
        () =>
          tf.tensor2d([
            [1, 0],
            [1, 1],
          ]),
        [2, 2],
        DataError,
        'sums to 2 at row 1',
      ],
      ['negative probabilities', () => tf.tensor2d([[1.5, -0.5]]), [1, 2], DataError, 'holds -0.5 at row 0'],
      ['NaN probabilities', () => tf.tensor2d([[Number.NaN, 1]]), [1, 2], DataError, 'row 0'],
      ['a single output', () => tf.zeros([4]), [4, 1], ShapeError, "Use likelihood 'bernoulli'"],
    ];
    for (const [what, make, shape, type, message] of refusals) {
      it(what, async () => {
        await expectNoLeak(async () => {
          const y = make();
          const error = await rejection(likelihood.prepareTargets(y, shape, 'fit'));
          expect(error).to.be.instanceOf(type);
          expect(error.message).to.contain(message);
          y.dispose();
        });
      });
    }

    it('integer labels in its loss, asking for one-hot', () => {
      const [y, f] = [tf.tensor1d([1, 0]), tf.zeros([2, 3])];
      expect(() => likelihood.loss(y, f)).to.throw(ShapeError, 'one-hot');
      tf.dispose([y, f]);
    });
  });

  it('predicts probabilities that sum to one, with entropies that add up (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 0, max: 1e6}),
        fc.integer({min: 2, max: 6}),
        fc.boolean(),
        async (seed, classes, drawn) => {
          const mean = tf.mul(normals(seed, [4, classes]), 3);
          const variance = tf.square(normals(seed + 1, [4, classes]));
          const draws = tf.add(mean, normals(seed + 2, [9, 4, classes]));
          const predictive = drawn
            ? likelihood.predictive({draws})
            : likelihood.predictive({mean, variance}, {samples: 20});
          const {probs, entropy, labels} = await predictive.toArrays();
          for (let i = 0; i < 4; i++) {
            const row = probs.data.slice(i * classes, (i + 1) * classes);
            closeTo(
              row.reduce((a, b) => a + b, 0),
              1,
              {rtol: 2e-6},
            );
            expect(row.indexOf(Math.max(...row))).to.equal(labels[i]);
            const [total, aleatoric, epistemic] = [entropy.total[i], entropy.aleatoric[i], entropy.epistemic[i]] as [
              number,
              number,
              number,
            ];
            expect(epistemic).to.be.at.least(0);
            expect(total).to.be.within(0, Math.log(classes) * (1 + 1e-6));
            closeTo(aleatoric + epistemic, total, {atol: 2e-6});
          }
          predictive.dispose();
          tf.dispose([mean, variance, draws]);
        },
      ),
      {seed: 9, numRuns: 15},
    );
  });
});
