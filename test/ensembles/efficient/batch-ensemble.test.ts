import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {batchEnsemble, memberPosterior, rankOneEnsemble} from '../../../ensembles/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError, UnsupportedLayerError} from '../../../src/errors.ts';
import {mixture, onWarning, pointEstimate} from '../../../src/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {inputs, smallNet, targets} from '../nets.ts';
import {conv, images, predictions, reloaded, sameAs} from './nets.ts';

/** The kernels W * (r_m s_m^T) and biases of member m, in a net of the old architecture. */
function explicitMember(model: tfl.LayersModel, like: tfl.LayersModel, member: number): tfl.LayersModel {
  const of = (name: string) => model.getLayer(name).getWeights();
  const weights = tf.tidy(() =>
    like.layers
      .filter((layer) => layer.weights.length > 0)
      .flatMap(({name}) => {
        const [r] = of(`${name}_inputs`).map((scale) => tf.slice(scale, [member, 0], [1, -1]));
        const [s, bias] = of(`${name}_outputs`).map((one) => tf.slice(one, [member, 0], [1, -1]));
        const [kernel] = of(name) as [tf.Tensor];
        const outer = tf.matMul(tf.transpose(r as tf.Tensor2D), s as tf.Tensor2D);
        return [tf.mul(kernel, outer), tf.sum(bias as tf.Tensor, 0)]; // wasm convolutions refuse a bias that was squeezed
      })
      .map((weight) => tf.keep(weight)),
  );
  const twin = tfl.sequential();
  for (const layer of like.layers) {
    const {batchInputShape, ...config} = layer.getConfig();
    const cls = layer.constructor as unknown as {fromConfig(cls: unknown, config: object): tfl.layers.Layer};
    twin.add(cls.fromConfig(cls, {...config, ...(batchInputShape && {batchInputShape})}));
  }
  twin.setWeights(weights);
  tf.dispose(weights);
  return twin;
}

describe('batchEnsemble', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, create, x] of [
    ['Dense', () => smallNet(3, 'softmax'), inputs],
    ['convolutions', conv, images],
  ] as const) {
    it(`of ${name}: members are the nets with kernels W * (r s^T), and predict gives their mean`, async () => {
      const net = create();
      const model = batchEnsemble(net, {members: 3, start: 0.5, seed: 2});
      const given = x();
      const posterior = memberPosterior(model);
      const predictive = await posterior.predict(given, {keepMembers: true});
      if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
      const members = await (predictive.memberProbs as tf.Tensor).data();
      const expected: number[] = [];
      for (let m = 0; m < 3; m++) {
        const member = explicitMember(model, net, m);
        expected.push(...(await predictions(member, given)));
        member.dispose();
      }
      closeTo(members, expected, {rtol: 1e-4, atol: 1e-6});
      const size = members.length / 3;
      const apart = Array.from({length: size}, (_, i) =>
        Math.abs((expected[i] as number) - (expected[size + i] as number)),
      );
      expect(Math.max(...apart), 'between members').to.be.above(1e-2);
      const mean = Array.from({length: size}, (_, i) =>
        [0, 1, 2].reduce((sum, m) => sum + (expected[m * size + i] as number) / 3, 0),
      );
      closeTo(await predictions(model, given), mean, {rtol: 1e-4, atol: 1e-6});
      predictive.dispose();
      posterior.dispose();
      given.dispose();
    });
  }

  it("starts at the old model's predictions with start 'ones', and leaves the old model alone", async () => {
    for (const [net, given] of [
      [smallNet(3, 'softmax', 0, true), inputs()],
      [smallNet(1, 'sigmoid'), inputs()],
      [smallNet(2, 'linear'), inputs()],
      [conv(), images()],
    ] as const) {
      const before = await predictions(net, given);
      await sameAs(batchEnsemble(net, {members: 4}), given, before);
      await sameAs(rankOneEnsemble(net, {members: 2, trainSize: 10}), given, before);
      closeTo(await predictions(net, given), before, {rtol: 0});
      given.dispose();
    }
  });

  it('in training, row j is predicted by member j mod M, whatever the number of rows', async () => {
    const model = batchEnsemble(smallNet(3, 'softmax'), {members: 3, start: 'signs'});
    const x = inputs();
    const posterior = memberPosterior(model);
    const predictive = await posterior.predict(x, {keepMembers: true});
    if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
    const members = (await (predictive.memberProbs as tf.Tensor3D).array()) as number[][][];
    for (const rows of [12, 7, 2]) {
      const trained = (await (
        model.apply(tf.slice(x, 0, rows), {training: true}) as tf.Tensor2D
      ).array()) as number[][];
      expect(trained.length).to.equal(rows);
      for (const [j, row] of trained.entries()) closeTo(row, members[j % 3]?.[j] as number[], {rtol: 1e-4, atol: 1e-6});
    }
    predictive.dispose();
    posterior.dispose();
    x.dispose();
  });

  it('trains with plain fit, its members part, and it is saved and loaded as a model', async () => {
    const model = batchEnsemble(smallNet(3, 'softmax'), {members: 2});
    const [x, y] = [inputs(), tf.cast(targets.categorical(), 'float32')];
    model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy']});
    await model.trainOnBatch(x, y); // makes the optimizer's slots
    const {history} = await expectNoLeak(() =>
      model.fit(x, y, {epochs: 20, batchSize: 12, shuffle: false, verbose: 0}),
    );
    expect(history.loss?.at(-1) as number).to.be.below(history.loss?.[0] as number);
    const last = model.layers.find(({name}) => name.endsWith('_outputs')) as tfl.layers.Layer;
    const factors = (await (last.getWeights()[0] as tf.Tensor2D).array()) as number[][];
    expect(factors[0]).to.not.deep.equal(factors[1]);
    const loaded = await reloaded(model);
    closeTo(await predictions(loaded, x), await predictions(model, x), {rtol: 0});
    tf.dispose([x, y]);
  });

  it('warns where the first batch of training has fewer rows than members, and of no later one', () => {
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    const x = inputs();
    const train = (model: tfl.LayersModel, rows: number): void =>
      tf.tidy(() => void model.apply(tf.slice(x, 0, rows), {training: true}));
    const [full, short] = [1, 2].map((seed) => batchEnsemble(smallNet(3, 'softmax'), {members: 4, seed}));
    train(full as tfl.LayersModel, 4);
    train(full as tfl.LayersModel, 3);
    tf.tidy(() => void (short as tfl.LayersModel).apply(tf.slice(x, 0, 1)));
    expect(warnings).to.deep.equal([]);
    train(short as tfl.LayersModel, 3);
    train(short as tfl.LayersModel, 2);
    restore();
    expect(warnings).to.deep.equal([
      'repeatMembers: a batch of 3 rows trains only 3 of 4 members. Pass fit a batchSize of at least 4.',
    ]);
    x.dispose();
  });

  it('is seen by createNet as the logits of its mean prediction', async () => {
    for (const activation of ['softmax', 'sigmoid'] as const) {
      const model = batchEnsemble(smallNet(activation === 'softmax' ? 3 : 1, activation), {members: 3, start: 'signs'});
      const x = inputs();
      const predictive = await pointEstimate(model).predict(x);
      if (!('probs' in predictive)) throw new TypeError(predictive.kind);
      closeTo(await predictive.probs.data(), await predictions(model, x), {rtol: 1e-4, atol: 1e-6});
      predictive.dispose();
      x.dispose();
    }
  });

  it('shares the layers that are not named, and refuses names and layers that it does not know', () => {
    const net = smallNet(3, 'softmax');
    const [, last] = net.layers as [tfl.layers.Layer, tfl.layers.Layer];
    const model = batchEnsemble(net, {members: 2, layers: [last.name]});
    expect(model.layers.filter(({name}) => name.endsWith('_inputs')).map(({name}) => name)).to.deep.equal([
      `${last.name}_inputs`,
    ]);
    expect(() => batchEnsemble(net, {members: 2, layers: ['nobody']})).to.throw(ConfigError, /nobody/);
    expect(() => batchEnsemble(net, {members: 0})).to.throw(ConfigError, /members/);
    expect(() => batchEnsemble(net, {members: 2, start: 'other' as 'ones'})).to.throw(ConfigError, /start/);
    const recurrent = tfl.sequential({
      layers: [
        tfl.layers.simpleRNN({units: 2, inputShape: [3, 2], name: 'steps'}),
        tfl.layers.dense({units: 1, name: 'head'}),
      ],
    });
    expect(() => batchEnsemble(recurrent, {members: 2})).to.throw(UnsupportedLayerError, /'steps' \(SimpleRNN\)/);
    expect(batchEnsemble(recurrent, {members: 2, layers: ['head']}).getLayer('head_inputs')).to.not.equal(undefined);
  });

  it('gives time-distributed layers factors, and refuses a head or named layers in a model at each step', async () => {
    const timed = (layer: tfl.layers.Layer, name: string) => tfl.layers.timeDistributed({layer, name});
    const net = tfl.sequential();
    net.add(tfl.layers.inputLayer({inputShape: [3, 2]}));
    net.add(timed(tfl.layers.dense({units: 4, activation: 'tanh', biasInitializer: 'ones'}), 'first'));
    net.add(timed(tfl.layers.dense({units: 3, activation: 'softmax'}), 'last'));
    const x = tf.randomNormal([5, 3, 2], 0, 1, 'float32', 1);
    const model = batchEnsemble(net, {members: 2});
    await sameAs(model, x, await predictions(net, x));
    for (const name of ['first_inputs', 'last_inputs']) expect(model.getLayer(name).countParams()).to.be.above(0);
    await sameAs(batchEnsemble(net, {members: 2, layers: ['first']}), x, await predictions(net, x));
    const step = (layers: tfl.layers.Layer[]) =>
      timed(tfl.sequential({layers}) as unknown as tfl.layers.Layer, 'steps');
    const inside = tfl.sequential();
    inside.add(tfl.layers.inputLayer({inputShape: [3, 2]}));
    inside.add(step([tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [2]})]));
    expect(() => batchEnsemble(inside, {members: 2})).to.throw(ConfigError, /final softmax outside/);
    inside.add(tfl.layers.dense({units: 2, name: 'end'}));
    expect(() => batchEnsemble(inside, {members: 2})).to.throw(UnsupportedLayerError, /'steps'/);
    await sameAs(batchEnsemble(inside, {members: 2, layers: ['end']}), x, await predictions(inside, x));
    x.dispose();
  });

  it('keeps shared layers, models inside models and merges', async () => {
    const x = tfl.input({shape: [2]});
    const shared = tfl.layers.dense({units: 4, activation: 'tanh', name: 'shared'});
    const inner = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [2], name: 'inner'})]});
    const twice = tfl.layers
      .add()
      .apply([shared.apply(x), shared.apply(inner.apply(x))] as tfl.SymbolicTensor[]) as tfl.SymbolicTensor;
    const net = tfl.model({
      inputs: x,
      outputs: tfl.layers.dense({units: 3, activation: 'softmax'}).apply(twice) as tfl.SymbolicTensor,
    });
    const model = batchEnsemble(net, {members: 3});
    const given = inputs();
    await sameAs(model, given, await predictions(net, given));
    expect(model.layers.filter(({name}) => name.startsWith('shared')).length).to.equal(3);
    given.dispose();
  });
});

describe('rankOneEnsemble', () => {
  before(async () => {
    await initBackend();
  });

  it('pays the mean over members of the KL divergence of Gaussian factors, per training example', async () => {
    const net = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], name: 'only'})]});
    const options = {members: 2, trainSize: 50, priorScale: 0.2, initialScale: 0.1, klWeight: 3, start: 0.3} as const;
    const model = rankOneEnsemble(net, options);
    const means: number[] = [];
    for (const role of ['inputs', 'outputs']) {
      means.push(...(await (model.getLayer(`only_${role}`).getWeights()[0] as tf.Tensor).data()));
    }
    const each = means.map((mu) => Math.log(0.2 / 0.1) + (0.1 ** 2 + (mu - 1) ** 2) / (2 * 0.2 ** 2) - 0.5);
    const expected = (3 * each.reduce((sum, kl) => sum + kl, 0)) / 2 / 50;
    const losses = await Promise.all(model.calculateLosses().map(async (loss) => (await loss.data())[0] as number));
    expect(means.length).to.equal(10);
    closeTo(
      losses.reduce((sum, loss) => sum + loss, 0),
      expected,
      {rtol: 1e-5},
    );
    model.getLayer('only_inputs').trainable = false;
    const frozen = await (model.getLayer('only_inputs').calculateLosses()[0] as tf.Scalar).data();
    expect(frozen[0]).to.equal(0);
  });

  it('draws factors with the mean and spread that it says', async () => {
    const net = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 1, inputShape: [1], useBias: false, kernelInitializer: tfl.initializers.ones()}),
      ],
    });
    const model = rankOneEnsemble(net, {members: 2, trainSize: 10, initialScale: 0.3});
    const posterior = memberPosterior(model, {likelihood: 'gaussian', noiseScale: 1});
    const one = tf.ones([1, 1]);
    const draws = await posterior.sampleOutputs(one, {samples: 1000, rng: createRng(3)});
    const values = Array.from(await draws.data());
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
    // r s of independent N(1, v): mean 1, variance 2 v + v^2.
    const expected = 2 * 0.09 + 0.09 ** 2;
    expect(Math.abs(mean - 1)).to.be.below(4 * Math.sqrt(expected / 1000));
    expect(Math.abs(variance / expected - 1)).to.be.below(4 * Math.sqrt(2.6 / 1000));
    tf.dispose([one, draws]);
    posterior.dispose();
  });

  it('draws anew at each pass in training, other numbers for other seeds', async () => {
    const create = (seed: number) =>
      rankOneEnsemble(smallNet(2, 'linear'), {members: 2, trainSize: 10, seed, initialScale: 0.5});
    const x = inputs();
    const run = async (seed: number): Promise<number[][]> => {
      const model = create(seed);
      const outputs = [0, 1].map(() => model.apply(x, {training: true}) as tf.Tensor);
      const values = await Promise.all(outputs.map(async (one) => Array.from(await one.data())));
      tf.dispose(outputs);
      return values;
    };
    const [first, other] = [await run(1), await run(2)];
    expect(first[0]).to.not.deep.equal(first[1]);
    expect(first[0]).to.not.deep.equal(other[0]);
    x.dispose();
  });
});

describe('memberPosterior', () => {
  before(async () => {
    await initBackend();
  });

  it('saves weights that members share once, and mixes with other runs', async () => {
    const net = smallNet(3, 'softmax');
    const posteriors = [1, 2].map((seed) => memberPosterior(batchEnsemble(net, {members: 4, start: 'signs', seed})));
    const [first, second] = posteriors as [(typeof posteriors)[0], (typeof posteriors)[0]];
    let bytes = 0;
    await first.save(
      tf.io.withSaveHandler(async (artifacts) => {
        bytes = (artifacts.weightData as ArrayBuffer).byteLength;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      }),
    );
    const kernels = 2 * 5 + 5 * 3;
    const perMember = 2 + 5 + 5 + 5 + 3 + 3;
    expect(bytes).to.equal(4 * (kernels + 4 * perMember));
    const x = inputs();
    const all = [await first.predict(x), await second.predict(x), await mixture([first, second]).predict(x)];
    const [a, b, both] = await Promise.all(
      all.map(async (one) => (one.kind === 'categorical' ? one.probs.data() : [])),
    );
    closeTo(
      both as Float32Array,
      Array.from(a as Float32Array, (p, i) => (p + ((b as Float32Array)[i] as number)) / 2),
      {
        rtol: 1e-5,
      },
    );
    tf.dispose(x);
    for (const one of [...all, ...posteriors]) one.dispose();
  });

  it('refuses a model without members, and leaves nothing behind', async () => {
    const net = smallNet(3, 'softmax');
    net.getWeights();
    await expectNoLeak(() => {
      expect(() => memberPosterior(net)).to.throw(ConfigError, /meanOfMembers/);
    });
  });
});
