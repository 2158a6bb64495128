import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type MarginalLikelihoodStep, marginalLikelihoodTraining} from '../../laplace/index.ts';
import {initBackend, normalTensor} from '../../src/backend/index.ts';
import {ConfigError, DataError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';

const NOISE = 0.2;

/** y = 1.5 x_1 + noise: the second input says nothing. */
function linearData(): {x: tf.Tensor2D; y: tf.Tensor2D} {
  return tf.tidy(() => {
    const x = normalTensor(createRng(1), [80, 2]) as tf.Tensor2D;
    const y = tf.add(tf.mul(tf.slice(x, [0, 0], [80, 1]), 1.5), tf.mul(normalTensor(createRng(2), [80, 1]), NOISE));
    return {x, y: y as tf.Tensor2D};
  });
}

const linear = (): tfl.LayersModel =>
  tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'zeros'})]});

describe('marginalLikelihoodTraining', () => {
  before(async () => {
    await initBackend();
  });

  it('finds weights, noise and prior of a linear model together, at a fixed point of both', async () => {
    const {x, y} = linearData();
    const model = linear();
    const optimizer = tf.train.adam(0.03);
    const steps: MarginalLikelihoodStep[] = [];
    const {posterior, history} = await marginalLikelihoodTraining(model, x, y, {
      likelihood: 'gaussian',
      optimizer,
      epochs: 60,
      batchSize: 80,
      prior: 'tensor',
      callbacks: {onTune: (step) => void steps.push(step)},
    });
    expect(steps).to.deep.equal(history);
    expect(history.map(({epoch}) => epoch)).to.deep.equal([15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    closeTo(posterior.noiseScale as number, NOISE, {rtol: 3 / Math.sqrt(2 * 80)});
    const [kernel, bias] = posterior.priorPrecision as readonly number[];
    closeTo(kernel as number, 2 / 1.5 ** 2, {rtol: 0.05}); // two weights whose squares sum to 1.5^2
    expect(bias).to.be.above(100); // a bias of nothing but noise
    const best = Math.max(...history.map(({logMarginalLikelihood}) => logMarginalLikelihood));
    closeTo(posterior.logMarginalLikelihood(), best, {rtol: 1e-6});
    expect(best).to.be.above(history[0]?.logMarginalLikelihood as number);
    tf.dispose([x, y]);
    for (const used of [posterior, model, optimizer]) used.dispose();
  });

  it('trains a classifier, leaks nothing and repeats under one seed', async () => {
    const x = normalTensor(createRng(3), [30, 2]) as tf.Tensor2D;
    const y = tf.tidy(() => tf.reshape(tf.cast(tf.greater(tf.slice(x, [0, 0], [30, 1]), 0), 'int32'), [-1]));
    const create = (): tfl.LayersModel =>
      tfl.sequential({
        layers: [
          tfl.layers.dense({
            units: 4,
            activation: 'tanh',
            inputShape: [2],
            kernelInitializer: tfl.initializers.glorotNormal({seed: 1}),
          }),
          tfl.layers.dense({
            units: 2,
            activation: 'softmax',
            kernelInitializer: tfl.initializers.glorotNormal({seed: 2}),
          }),
        ],
      });
    const evidence = async (): Promise<number> => {
      const model = create();
      let result = Number.NaN;
      await expectNoLeak(async () => {
        const optimizer = tf.train.sgd(0.1);
        const options = {optimizer, epochs: 14, burnIn: 4};
        const {posterior, history} = await marginalLikelihoodTraining(model, x, y, options);
        expect(history.map(({epoch}) => epoch)).to.deep.equal([9, 14]);
        result = posterior.logMarginalLikelihood();
        posterior.dispose();
        optimizer.dispose();
      });
      model.dispose();
      return result;
    };
    const restore = onWarning(() => undefined);
    closeTo(await evidence(), await evidence(), {rtol: 0});
    restore();
    tf.dispose([x, y]);
  });

  it('refuses what it cannot train', async () => {
    const {x, y} = linearData();
    const model = linear();
    await expectRejection(marginalLikelihoodTraining(model, x, y), ConfigError, /likelihood/);
    const options = {likelihood: 'gaussian'};
    await expectRejection(marginalLikelihoodTraining(model, x, y, {...options, epochs: 0}), ConfigError, /epochs/);
    const optimizer = tf.train.sgd(1e30);
    await expectRejection(marginalLikelihoodTraining(model, x, y, {...options, optimizer}), DataError, /finite loss/);
    tf.dispose([x, y]);
    model.dispose();
    optimizer.dispose();
  });
});
