import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createNet} from '../../../src/models/index.ts';
import {monteCarloPredict, outputsOfDraws, type WeightDraws} from '../../../src/posterior/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

describe('Monte-Carlo prediction', () => {
  const slopes = [1, 2, 4];
  let model: tfl.LayersModel;
  let x: tf.Tensor2D;
  let draws: WeightDraws;
  before(() => {
    model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1], kernelInitializer: 'ones'})]});
    x = tf.tensor2d([[1], [2], [3], [4], [5]]);
    const net = createNet(model);
    const draw = (s: number): tf.Tensor[] => [tf.tensor2d([[slopes[s] as number]]), tf.tensor1d([0.5])];
    draws = {net, weights: net.weights, samples: slopes.length, draw};
  });
  after(() => {
    x.dispose();
    model.dispose();
  });

  it('gives the outputs under each weight vector, whatever the batch size, and leaves the model alone', () =>
    expectNoLeak(async () => {
      for (const batchSize of [256, 2]) {
        const outputs = outputsOfDraws(draws, x, batchSize);
        expect(outputs.shape).to.deep.equal([3, 5, 1]);
        closeTo(
          await outputs.data(),
          slopes.flatMap((slope) => [1, 2, 3, 4, 5].map((value) => slope * value + 0.5)),
          {rtol: 1e-6},
        );
        outputs.dispose();
      }
      const untouched = model.predict(x) as tf.Tensor;
      closeTo(await untouched.data(), [1, 2, 3, 4, 5], {rtol: 1e-6});
      untouched.dispose();
    }));

  it('asks for each draw once and in order, and keeps weights that existed before', () =>
    expectNoLeak(() => {
      const member = [tf.ones([1, 1]), tf.zeros([1])];
      const asked: number[] = [];
      const draw = (s: number): tf.Tensor[] => {
        asked.push(s);
        return member;
      };
      outputsOfDraws({...draws, draw}, x, 2).dispose();
      expect(asked).to.deep.equal([0, 1, 2]);
      expect(member.some(({isDisposed}) => isDisposed)).to.equal(false);
      tf.dispose(member);
    }));

  it('refuses a number of draws that is none', () => {
    expect(() => outputsOfDraws({...draws, samples: 0}, x)).to.throw(ConfigError, /samples/);
  });

  it('predicts the mixture of the draws and passes the options on', () =>
    expectNoLeak(async () => {
      const rng = createRng(3);
      const seen: unknown[] = [];
      const posterior = {
        likelihood: gaussian({noiseScale: 0.5}),
        sampleOutputs: async (inputs: unknown, options: object) => {
          seen.push(options);
          return outputsOfDraws(draws, inputs as tf.Tensor);
        },
      };
      const predictive = await monteCarloPredict(posterior, x, {samples: 3, batchSize: 2, rng});
      expect(seen).to.deep.equal([{samples: 3, batchSize: 2, rng}]);
      if (predictive.kind !== 'mixture') throw new TypeError(predictive.kind);
      closeTo(
        await predictive.mean.data(),
        [1, 2, 3, 4, 5].map((value) => (7 / 3) * value + 0.5),
        {rtol: 1e-6},
      );
      predictive.dispose();
      const byDefault = await monteCarloPredict(posterior, x);
      byDefault.dispose();
      expect(seen[1]).to.deep.equal({samples: 100});
    }));
});
