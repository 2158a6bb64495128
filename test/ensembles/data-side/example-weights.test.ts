import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type DeepEnsembleOptions, deepEnsemble, type EnsembleFitOptions, mixupMp} from '../../../ensembles/index.ts';
import {ConfigError, DataError, ShapeError} from '../../../src/errors.ts';
import {readWeights} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {inputs, smallNet, targets} from '../nets.ts';

const ones = (): tf.Tensor1D => tf.ones([12]);
/** Whole numbers, so that an example that counts twice can be given twice. */
const counts = [1, 0, 2, 1, 3, 0, 1, 1, 2, 0, 1, 2];
const total = counts.reduce((sum, count) => sum + count, 0);

function create(loss: 'meanSquaredError' | 'categoricalCrossentropy' | 'binaryCrossentropy') {
  return (): tfl.LayersModel => {
    const model =
      loss === 'meanSquaredError'
        ? smallNet(2, 'linear')
        : loss === 'binaryCrossentropy'
          ? smallNet(1, 'sigmoid')
          : smallNet(3, 'softmax');
    model.compile({optimizer: tf.train.sgd(0.1), loss});
    return model;
  };
}

/** The weights of two members and their noise, trained on all examples at once. */
async function train(
  options: Omit<DeepEnsembleOptions, 'members'>,
  x: tf.Tensor,
  y: tf.Tensor,
  how: EnsembleFitOptions = {},
): Promise<{members: Float64Array[]; noise: number | undefined}> {
  const batchSize = x.shape[0] as number;
  const posterior = await deepEnsemble({...options, members: 2}).fit(x, y, {epochs: 5, batchSize, ...how});
  const members = await Promise.all(posterior.members.map((weights) => readWeights(weights)));
  const noise = posterior.likelihood.noiseScale as number | undefined;
  posterior.dispose();
  return {members, noise};
}

describe('weights of examples in deepEnsemble', () => {
  it('sampleWeight counts an example of weight 2 twice, in the noise too', async () => {
    await expectNoLeak(async () => {
      const [x, y] = [inputs(), targets.numbers()];
      const rows = tf.tensor1d(
        counts.flatMap((count, i) => new Array<number>(count).fill(i)),
        'int32',
      );
      const [xs, ys] = [tf.gather(x, rows), tf.gather(y, rows)];
      const options = {create: create('meanSquaredError'), likelihood: 'gaussian'} as const;
      // A mean over 12 weighted losses against one over as many as were counted.
      const sampleWeight = tf.tensor1d(counts.map((count) => (count * 12) / total));
      const weighted = await train(options, x, y, {sampleWeight});
      const repeated = await train(options, xs, ys);
      closeTo(weighted.members[0] as Float64Array, repeated.members[0] as Float64Array, {rtol: 1e-4, atol: 1e-6});
      closeTo(weighted.noise as number, repeated.noise as number, {rtol: 1e-5});
      const plain = await train(options, x, y);
      expect(Math.abs((plain.noise as number) - (repeated.noise as number))).to.be.above(1e-3);
      tf.dispose([x, y, rows, xs, ys, sampleWeight]);
    });
  });

  for (const resample of ['bootstrap', 'bayesian-bootstrap'] as const) {
    it(`sampleWeight multiplies what ${resample} draws: twice as much is twice the learning rate`, async () => {
      await expectNoLeak(async () => {
        const [x, y] = [inputs(), targets.categorical()];
        const sampleWeight = tf.fill<tf.Rank.R1>([12], 2);
        const doubled = await train({create: create('categoricalCrossentropy'), resample}, x, y, {sampleWeight});
        const faster = (): tfl.LayersModel => {
          const model = smallNet(3, 'softmax');
          model.compile({optimizer: tf.train.sgd(0.2), loss: 'categoricalCrossentropy'});
          return model;
        };
        const expected = await train({create: faster, resample}, x, y);
        closeTo(doubled.members[1] as Float64Array, expected.members[1] as Float64Array, {rtol: 1e-4, atol: 1e-6});
        tf.dispose([x, y, sampleWeight]);
      });
    });
  }

  for (const [loss, y, classWeight] of [
    ['categoricalCrossentropy', targets.categorical, {0: 1, 1: 0.5, 2: 3}],
    ['binaryCrossentropy', targets.bernoulli, {0: 1, 1: 4}],
  ] as const) {
    it(`classWeight weighs the examples of each class: ${loss}`, async () => {
      await expectNoLeak(async () => {
        const [x, labels] = [inputs(), y()];
        const weights: Readonly<Record<number, number>> = classWeight;
        const values = Array.from(await labels.data(), (label) => weights[label] as number);
        const sampleWeight = tf.tensor1d(values);
        const options = {create: create(loss)};
        const byClass = await train(options, x, labels, {classWeight});
        expect(byClass).to.deep.equal(await train(options, x, labels, {sampleWeight}));
        expect(byClass).to.not.deep.equal(await train(options, x, labels));
        const squared = tf.square(sampleWeight) as tf.Tensor1D;
        const both = await train(options, x, labels, {classWeight, sampleWeight});
        expect(both).to.deep.equal(await train(options, x, labels, {sampleWeight: squared}));
        tf.dispose([x, labels, sampleWeight, squared]);
      });
    });
  }

  it('classWeight takes a soft binary target for the likelier class', async () => {
    const [x, options] = [inputs(), {create: create('binaryCrossentropy')}];
    const soft = tf.tidy(() => tf.add(tf.mul(targets.bernoulli(), 0.9), 0.05));
    const sampleWeight = tf.tidy(() =>
      tf.add(1, tf.mul(3, tf.cast(tf.greater(tf.reshape(soft, [12]), 0.5), 'float32'))),
    );
    const byClass = await train(options, x, soft, {classWeight: {0: 1, 1: 4}});
    expect(byClass).to.deep.equal(await train(options, x, soft, {sampleWeight: sampleWeight as tf.Tensor1D}));
    tf.dispose([x, soft, sampleWeight]);
  });

  it('refuses weights that cannot be, and classes without one', async () => {
    await expectNoLeak(async () => {
      const [x, classes, numbers] = [inputs(), targets.categorical(), targets.numbers()];
      const [short, negative, all] = [tf.ones([5]) as tf.Tensor1D, tf.linspace(-1, 1, 12), ones()];
      const softmax = {create: create('categoricalCrossentropy')};
      const linear = {create: create('meanSquaredError'), likelihood: 'gaussian'} as const;
      const refused = (how: EnsembleFitOptions, kind: typeof ConfigError, words: RegExp) =>
        expectRejection(train(softmax, x, classes, how), kind, words);
      await refused({sampleWeight: short}, ShapeError, /sampleWeight of shape \[12\], got \[5\]/);
      await refused({sampleWeight: negative}, DataError, /from 0, got -1/);
      await refused({classWeight: {0: 1, 2: 1}}, ConfigError, /each of 3 classes, got none for 1/);
      await expectRejection(train(linear, x, numbers, {classWeight: {0: 1}}), ConfigError, /'gaussian'.*sampleWeight/);
      const mixed = mixupMp({...softmax, members: 1}).fit(x, classes, {sampleWeight: all});
      await expectRejection(mixed, ConfigError, /mixupMp\.fit: expected neither sampleWeight/);
      tf.dispose([x, classes, numbers, short, negative, all]);
    });
  });
});
