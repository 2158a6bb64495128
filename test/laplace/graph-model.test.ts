import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError, ModelMismatchError, ShapeError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {lastLayer} from '../../src/models/index.ts';
import type {CategoricalPredictive} from '../../src/predictive/index.ts';
import {closeTo} from '../support/close.ts';
import {classifierGraph, graphModel, placeholder} from '../support/graph-model.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {savedArtifacts} from '../support/saved-artifacts.ts';
import {smallData, smallNet} from './small-net.ts';

const NAMES = {features: 'hidden/Tanh', kernel: 'dense/kernel', bias: 'dense/bias', head: 'softmax'} as const;

describe('laplace of a graph model', () => {
  let layers: tfl.LayersModel;
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    layers = smallNet(3, 'softmax');
    data = smallData();
  });
  after(() => {
    layers.dispose();
    tf.dispose({...data});
  });

  for (const structure of ['full', 'kron', 'diag'] as const) {
    it(`is that of the layers model it was frozen from: ${structure}`, async () => {
      const {x, yClass, xTest} = data;
      const graph = await classifierGraph(layers.getWeights());
      await expectNoLeak(async () => {
        const model = lastLayer({model: graph, ...NAMES});
        const [ours, theirs] = await Promise.all([
          laplace(model, {structure}).fit(x, yClass, {batchSize: 4}),
          laplace(layers, {structure}).fit(x, yClass),
        ]);
        closeTo([ours.logMarginalLikelihood()], [theirs.logMarginalLikelihood()], {rtol: 1e-5});
        const predictives = (await Promise.all([
          ours.predict(xTest),
          theirs.predict(xTest),
        ])) as CategoricalPredictive[];
        const [first, second] = await Promise.all(predictives.map(({probs}) => probs.data()));
        closeTo(first as Float32Array, second as Float32Array, {rtol: 1e-5});
        const slope = tf.tidy(() => tf.grad((at) => tf.sum(ours.linearized(at).covariance))(xTest));
        const expected = tf.tidy(() => tf.grad((at) => tf.sum(theirs.linearized(at).covariance))(xTest));
        closeTo(await slope.data(), await expected.data(), {rtol: 1e-4, atol: 1e-6});
        tf.dispose([slope, expected]);
        for (const one of [...predictives, ours, theirs]) one.dispose();
        model.dispose();
      });
      graph.dispose();
    });
  }

  it('saves and loads for the same graph alone', async () => {
    const {x, yClass, xTest} = data;
    const graph = await classifierGraph(layers.getWeights());
    const model = lastLayer({model: graph, ...NAMES});
    const posterior = await laplace(model).fit(x, yClass);
    const saved = await savedArtifacts(posterior);
    const again = await classifierGraph(layers.getWeights());
    const same = lastLayer({model: again, ...NAMES});
    const loaded = await loadPosterior(tf.io.fromMemory(saved), {model: same});
    const predictives = (await Promise.all([
      posterior.predict(xTest),
      loaded.predict(xTest),
    ])) as CategoricalPredictive[];
    const [first, second] = await Promise.all(predictives.map(({probs}) => probs.data()));
    closeTo(second as Float32Array, first as Float32Array, {rtol: 0});

    const [hidden, ...rest] = layers.getWeights() as [tf.Tensor, ...tf.Tensor[]];
    const moved = tf.add(hidden, 1e-3);
    const other = await classifierGraph([moved, ...rest]); // a weight before the features
    const changed = lastLayer({model: other, ...NAMES});
    await expectRejection(loadPosterior(tf.io.fromMemory(saved), {model: changed}), ModelMismatchError, /fingerprint/);
    for (const one of [posterior, loaded, ...predictives, model, same, changed, graph, again, other]) one.dispose();
    moved.dispose();
  });

  it('takes a 1x1 convolution at the end of an image model with open height and width', async () => {
    const kernel = tf.tensor4d([1, -1, 0.5, 2, 0, 1], [1, 1, 2, 3]);
    const graph = await graphModel(
      [
        placeholder('image', [-1, -1, 2]),
        {name: 'features', op: 'Relu', input: ['image']},
        {
          name: 'logits',
          op: 'Conv2D',
          input: ['features', 'kernel'],
          attr: {
            strides: {list: {i: ['1', '1', '1', '1']}},
            dilations: {list: {i: ['1', '1', '1', '1']}},
            padding: {s: 'VkFMSUQ='},
            dataFormat: {s: 'TkhXQw=='},
          },
        },
      ],
      {kernel},
    );
    const model = lastLayer({model: graph, features: 'features', kernel: 'kernel'});
    const image = tf.randomNormal([3, 4, 5, 2], 0, 1, 'float32', 1);
    const labels = tf.tidy(() => tf.cast(tf.randomUniform([3, 4, 5], 0, 3, 'float32', 2), 'int32'));
    const [ours, theirs] = [model.predict(image) as tf.Tensor, graph.execute(image, 'logits') as tf.Tensor];
    closeTo(await ours.data(), await theirs.data(), {rtol: 1e-6});
    const posterior = await laplace(model, {likelihood: 'categorical'}).fit(image, labels);
    const predictive = (await posterior.predict(image)) as CategoricalPredictive;
    expect(predictive.probs.shape).to.deep.equal([3, 4, 5, 3]);
    for (const one of [predictive, posterior, model, graph]) one.dispose();
    tf.dispose([kernel, image, labels, ours, theirs]);
  });

  it('says what it found where names do not fit', async () => {
    const graph = await classifierGraph(layers.getWeights());
    expect(() => lastLayer({model: graph, ...NAMES, kernel: 'kernel'})).to.throw(
      ConfigError,
      "expected kernel to name a weight of the graph, got 'kernel'. Those of its rank: 'hidden/kernel' [2, 3], 'dense/kernel' [3, 3]",
    );
    const wrong = tf.zeros([3, 2]);
    expect(() => lastLayer({model: graph, ...NAMES, kernel: wrong})).to.throw(
      ShapeError,
      'expected a bias of shape [2]',
    );
    const model = lastLayer({model: graph, ...NAMES, kernel: 'hidden/kernel'});
    expect(() => model.predict(data.xTest)).to.throw(
      ShapeError,
      "expected features of shape [N, 2] at node 'hidden/Tanh', got [2, 3]",
    );
    expect(() => lastLayer({model: layers as never, ...NAMES})).to.throw(ConfigError, 'to be a tf.GraphModel');
    expect(() => laplace(graph as never)).to.throw(ConfigError, 'give lastLayer({model, features, kernel})');
    wrong.dispose();
    model.dispose();
    graph.dispose();
  });
});
