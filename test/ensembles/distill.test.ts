import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {proxyDivergence, proxyTargets} from '../../ensembles/distillation-loss.ts';
import {distill, ensembleOf} from '../../ensembles/index.ts';
import {evidentialClassification} from '../../layers/index.ts';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {heteroscedasticGaussian} from '../../src/likelihoods/index.ts';
import {mixture, pointEstimate} from '../../src/posterior/index.ts';
import {createRng} from '../../src/random/index.ts';
import {digamma, lgamma} from '../../src/special/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallNet} from './nets.ts';

const inputs = (): tf.Tensor => tf.randomNormal([128, 2], 0, 1.5, 'float32', 4);

function studentNet(units: number, activation: 'softmax' | 'sigmoid' | 'linear'): tfl.LayersModel {
  const kernelInitializer = (seed: number) => tfl.initializers.glorotNormal({seed});
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 24, activation: 'tanh', inputShape: [2], kernelInitializer: kernelInitializer(1)}),
      tfl.layers.dense({units, activation, kernelInitializer: kernelInitializer(2)}),
    ],
  });
}

/** Spearman's rank correlation. */
function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ranks = (values: ArrayLike<number>): number[] => {
    const order = Array.from(values, (_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
    const found: number[] = [];
    for (const [rank, i] of order.entries()) found[i] = rank;
    return found;
  };
  const [first, second] = [ranks(a), ranks(b)];
  const n = first.length;
  const squares = first.reduce((sum, rank, i) => sum + (rank - (second[i] as number)) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}

describe('distill', () => {
  it('gives one net the probabilities of an ensemble', async () => {
    for (const [units, activation] of [
      [3, 'softmax'],
      [1, 'sigmoid'],
    ] as const) {
      const teachers = [0, 1, 2].map((seed) => smallNet(units, activation, seed));
      const student = studentNet(units, activation);
      const x = inputs();
      await expectNoLeak(async () => {
        const teacher = ensembleOf(teachers);
        const optimizer = tf.train.adam(0.03);
        const {losses} = await distill(teacher, student, x, {epochs: 60, batchSize: 64, optimizer});
        expect(losses.length).to.equal(60);
        expect(losses.at(-1))
          .to.be.below(0.004)
          .and.to.be.below((losses[0] as number) / 10);
        const [theirs, ours] = [await teacher.predict(x), await pointEstimate(student).predict(x)];
        if (!('probs' in theirs) || !('probs' in ours)) throw new TypeError(theirs.kind);
        closeTo(await ours.probs.data(), await theirs.probs.data(), {atol: 0.12});
        theirs.dispose();
        ours.dispose();
        optimizer.dispose();
        teacher.dispose();
      });
      x.dispose();
      for (const model of [...teachers, student]) model.dispose();
    }
  });

  it('gives one net the mean and the total variance of a regression ensemble', async () => {
    const teachers = [0, 1, 2].map((seed) => smallNet(1, 'linear', seed));
    const teacher = ensembleOf(teachers, {likelihood: 'gaussian', noiseScale: 0.3});
    const [student, x] = [studentNet(2, 'linear'), inputs()];
    const {losses} = await distill(teacher, student, x, {epochs: 80, batchSize: 64, optimizer: tf.train.adam(0.03)});
    expect(losses.at(-1)).to.be.below(0.05);
    const likelihood = heteroscedasticGaussian();
    const [theirs, ours] = [await teacher.predict(x), await pointEstimate(student, {likelihood}).predict(x)];
    if (theirs.kind !== 'mixture' || ours.kind !== 'gaussian') throw new TypeError(ours.kind);
    expect(rankCorrelation(await ours.variance().data(), await theirs.variance().data())).to.be.above(0.8);
    expect(rankCorrelation(await ours.mean.data(), await theirs.mean.data())).to.be.above(0.95);
    theirs.dispose();
    ours.dispose();
    teacher.dispose();
    x.dispose();
  });

  it('keeps the order of total and epistemic entropy in a Dirichlet', async () => {
    const teachers = [0, 1, 2, 3].map((seed) => smallNet(3, 'softmax', seed));
    const [teacher, student, x] = [ensembleOf(teachers), studentNet(3, 'linear'), inputs()];
    await distill(teacher, student, x, {
      kind: 'proxy-dirichlet',
      epochs: 80,
      batchSize: 64,
      optimizer: tf.train.adam(0.03),
    });
    const dirichlet = evidentialClassification({evidence: 'exp'}).posterior(student);
    const [theirs, ours] = [await teacher.predict(x), await dirichlet.predict(x)];
    if (theirs.kind !== 'categorical') throw new TypeError(theirs.kind);
    const [true_, learned] = [theirs.entropy(), ours.entropy()];
    for (const part of ['total', 'epistemic'] as const) {
      expect(rankCorrelation(await learned[part].data(), await true_[part].data()), part).to.be.above(0.85);
    }
    const distance = tf.tidy(() => tf.mean(tf.abs(tf.sub(ours.probs, theirs.probs))));
    expect((await distance.data())[0]).to.be.below(0.06);
    distance.dispose();
    theirs.dispose();
    ours.dispose();
    teacher.dispose();
    x.dispose();
  });

  it('makes the proxy of its formula, and takes the reverse divergence from it', async () => {
    const members = [
      [0.7, 0.2, 0.1],
      [0.5, 0.2, 0.3],
    ];
    const mean = [0.6, 0.2, 0.2];
    const spread = mean.reduce((sum, p, k) => {
      const logs = members.reduce((total, probs) => total + Math.log(probs[k] as number) / 2, 0);
      return sum + p * (Math.log(p) - logs);
    }, 0);
    const precision = 2 / (2 * spread);
    const [memberProbs, f] = [tf.tensor3d(members.map((probs) => [probs])), [0.3, -1, 2]];
    const targets = proxyTargets(memberProbs);
    closeTo(await targets.data(), [...mean, precision], {rtol: 1e-4});
    const outputs = tf.tensor2d([f]);
    const loss = proxyDivergence(targets, outputs);
    // KL(Dir(alpha) || Dir(beta)) / beta_0, and the constant that the loss leaves out.
    const alpha = f.map((value) => Math.exp(value) + 1);
    const beta = mean.map((p) => precision * p + 1);
    const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
    const logNormalizer = (values: number[]): number => total(values.map(lgamma)) - lgamma(total(values));
    const divergence =
      logNormalizer(beta) -
      logNormalizer(alpha) +
      total(alpha.map((a, k) => (a - (beta[k] as number)) * (digamma(a) - digamma(total(alpha)))));
    const constant = logNormalizer(beta) - logNormalizer([1, 1, 1]);
    closeTo(await loss.data(), [(divergence - constant) / precision], {rtol: 1e-4});
    tf.dispose([memberProbs, targets, outputs, loss]);
  });

  it('refuses students and teachers that do not fit', async () => {
    const [teacher, x] = [ensembleOf([smallNet(3, 'softmax')]), inputs()];
    await expectNoLeak(async () => {
      const rejects = async (
        student: tfl.LayersModel,
        kind: 'plain' | 'proxy-dirichlet',
        error: typeof ConfigError | typeof ShapeError,
        message: RegExp,
      ) => {
        await expectRejection(distill(teacher, student, x, {kind, rng: createRng(1)}), error, message);
        student.dispose();
      };
      await rejects(
        studentNet(1, 'sigmoid'),
        'plain',
        ConfigError,
        /softmax layer or in a linear layer to learn classes/,
      );
      await rejects(studentNet(4, 'softmax'), 'plain', ShapeError, /3 outputs, got 4/);
      await rejects(studentNet(3, 'softmax'), 'proxy-dirichlet', ConfigError, /linear layer to learn a Dirichlet/);
      await rejects(studentNet(3, 'softmax'), 'other' as 'plain', ConfigError, /'proxy-dirichlet', got 'other'/);
    });
    const one = pointEstimate(smallNet(2, 'linear'), {likelihood: heteroscedasticGaussian()});
    const message = /several members over classes/;
    await expectRejection(distill(one, studentNet(3, 'linear'), x, {kind: 'proxy-dirichlet'}), ConfigError, message);
    teacher.dispose();
    x.dispose();
  });

  it('refuses members of unequal weight for a Dirichlet, which would not know their weights', async () => {
    const parts = [0, 1].map((seed) => pointEstimate(smallNet(3, 'softmax', seed)));
    const [student, x] = [studentNet(3, 'linear'), inputs()];
    const how = {kind: 'proxy-dirichlet', epochs: 1} as const;
    const unequal = mixture(parts, [0.9, 0.1]);
    await expectNoLeak(() => expectRejection(distill(unequal, student, x, how), ConfigError, /equal weight/));
    expect((await distill(mixture(parts), student, x, how)).losses.length).to.equal(1);
    x.dispose();
  });
});
