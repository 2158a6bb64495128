import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ensembleOf} from '../../ensembles/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {classifierGraph, graphModel, placeholder} from '../support/graph-model.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {inputs} from './nets.ts';

function layersModel(seed: number): tfl.LayersModel {
  const kernel = (n: number) => tfl.initializers.randomNormal({seed: 10 * seed + n, stddev: 0.8});
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 3, activation: 'tanh', inputShape: [2], kernelInitializer: kernel(1)}),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: kernel(2)}),
    ],
  });
}

describe('ensembleOf graph models', () => {
  it('predicts as the ensemble of layers models that they were frozen from', async () => {
    const models = [1, 2, 3].map(layersModel);
    const graphs = await Promise.all(models.map((model) => classifierGraph(model.getWeights())));
    const x = inputs();
    await expectNoLeak(async () => {
      const [expected, posterior] = [ensembleOf(models), ensembleOf(graphs, {head: 'softmax'})];
      expect(posterior.size).to.equal(3);
      const [theirs, ours] = [await expected.predict(x), await posterior.predict(x, {batchSize: 5})];
      if (theirs.kind !== 'categorical' || ours.kind !== 'categorical') throw new TypeError(ours.kind);
      closeTo(await ours.probs.data(), await theirs.probs.data(), {rtol: 1e-4});
      const [want, got] = [theirs.entropy(), ours.entropy()];
      closeTo(await got.epistemic.data(), await want.epistemic.data(), {rtol: 1e-3, atol: 1e-6});
      const draws = await posterior.sampleOutputs(x, {samples: 4, rng: createRng(1)});
      expect(draws.shape).to.deep.equal([4, 12, 3]);
      await expectRejection(posterior.save(), ConfigError, /files already/);
      tf.dispose([draws, ...Object.values(want), ...Object.values(got)]);
      theirs.dispose();
      ours.dispose();
      posterior.dispose();
      expected.dispose();
    });
    x.dispose();
    for (const one of [...models, ...graphs]) one.dispose();
  });

  it('takes numbers and yes or no, and refuses what does not fit', async () => {
    const kernel = tf.tensor2d([[1], [2]]);
    const graph = await graphModel(
      [
        placeholder('x', [2]),
        {name: 'y', op: 'MatMul', input: ['x', 'kernel']},
        {name: 'p', op: 'Sigmoid', input: ['y']},
      ],
      {kernel},
    );
    const x = tf.tensor2d([[0.5, 0.1]]);
    const yes = await ensembleOf([graph], {head: 'sigmoid'}).sampleOutputs(x, {samples: 1});
    closeTo(await yes.data(), [0.7], {rtol: 1e-4});
    const posterior = ensembleOf([graph], {head: 'linear', likelihood: 'gaussian', noiseScale: 0.1});
    const predictive = await posterior.predict(x);
    if (predictive.kind !== 'mixture') throw new TypeError(predictive.kind);
    closeTo(await predictive.mean.data(), [1 / (1 + Math.exp(-0.7))], {rtol: 1e-4});
    expect(() => ensembleOf([graph], {} as never)).to.throw(ConfigError, 'expected head');
    expect(() => ensembleOf([graph], {head: 'linear'})).to.throw(ConfigError, 'likelihood');
    expect(() => ensembleOf([graph, layersModel(1)] as never)).to.throw(ConfigError, 'some of both');
    predictive.dispose();
    tf.dispose([yes, kernel, x]);
    graph.dispose();
  });
});
