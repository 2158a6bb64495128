import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  bayesDense,
  concreteDropout,
  spectralNormalization,
  type ToBayesianOptions,
  toBayesian,
  toDeterministic,
} from '../../../layers/index.ts';
import {findVariational} from '../../../layers/variational/find.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createNet} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const {layers} = tfl;

/** A model and inputs for it. */
interface Case {
  readonly model: tfl.LayersModel;
  readonly x: tf.Tensor | tf.Tensor[];
  /** Class names of the layers that have a posterior after conversion. */
  readonly variational: readonly string[];
}

const noise = (...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', 3);

const CASES: Readonly<Record<string, () => Case>> = {
  'convolutions, BatchNorm, a regularizer': () => ({
    model: tfl.sequential({
      layers: [
        layers.conv2d({
          filters: 3,
          kernelSize: 3,
          inputShape: [7, 7, 1],
          kernelRegularizer: 'l1l2',
          activation: 'relu',
        }),
        layers.batchNormalization(),
        layers.separableConv2d({filters: 4, kernelSize: 2}),
        layers.depthwiseConv2d({kernelSize: 2}),
        layers.conv2dTranspose({filters: 2, kernelSize: 2}),
        layers.flatten(),
        layers.dense({units: 3, activation: 'softmax', useBias: false}),
      ],
    }),
    x: noise(4, 7, 7, 1),
    variational: ['BayesConv2D', 'BayesSeparableConv2D', 'BayesDepthwiseConv2D', 'BayesConv2DTranspose', 'BayesDense'],
  }),
  'a masked embedding, wrappers and recurrent layers': () => ({
    model: tfl.sequential({
      layers: [
        layers.embedding({inputDim: 9, outputDim: 3, inputLength: 5, maskZero: true}),
        layers.bidirectional({layer: layers.lstm({units: 2, returnSequences: true}) as tfl.RNN, mergeMode: 'concat'}),
        layers.timeDistributed({layer: layers.dense({units: 3})}),
        layers.gru({units: 2, dropout: 0.3}),
        layers.dense({units: 1, activation: 'sigmoid'}),
      ],
    }),
    x: tf.tensor2d(
      [
        [1, 2, 3, 0, 0],
        [4, 5, 6, 7, 8],
      ],
      [2, 5],
      'int32',
    ),
    variational: ['BayesEmbedding', 'BayesLSTMCell', 'BayesLSTMCell', 'BayesDense', 'BayesGRUCell', 'BayesDense'],
  }),
  'stacked cells': () => {
    const cell = [layers.lstmCell({units: 3}), layers.simpleRNNCell({units: 2})];
    return {
      model: tfl.sequential({layers: [layers.rnn({cell, inputShape: [4, 2]})]}),
      x: noise(3, 4, 2),
      variational: ['BayesLSTMCell', 'BayesSimpleRNNCell'],
    };
  },
  'two inputs through a shared model': () => {
    const inner = tfl.sequential({layers: [layers.dense({units: 4, inputShape: [3]}), layers.dense({units: 2})]});
    const inputs = [tfl.input({shape: [3]}), tfl.input({shape: [3]})];
    const both = inputs.map((input) => inner.apply(input) as tfl.SymbolicTensor);
    const merged = layers.concatenate().apply(both) as tfl.SymbolicTensor;
    return {
      model: tfl.model({inputs, outputs: layers.dense({units: 2}).apply(merged) as tfl.SymbolicTensor}),
      x: [noise(4, 3), noise(4, 3)],
      variational: ['BayesDense', 'BayesDense', 'BayesDense'],
    };
  },
};

async function predicted(model: tfl.LayersModel, x: tf.Tensor | tf.Tensor[]): Promise<number[]> {
  const outputs = model.predict(x) as tf.Tensor;
  const values = Array.from(await outputs.data());
  outputs.dispose();
  return values;
}

const classesOf = (model: tfl.LayersModel): string[] =>
  findVariational(model.layers).map((layer) => layer.getClassName());
const small = (): tfl.LayersModel =>
  tfl.sequential({
    name: 'small',
    layers: [
      layers.dense({units: 4, inputShape: [3], name: 'first'}),
      layers.dropout({rate: 0.5, name: 'dropout'}),
      layers.dense({units: 2, activation: 'softmax', name: 'last'}),
    ],
  });

describe('toBayesian and toDeterministic', () => {
  before(async () => {
    await initBackend({prefer: 'wasm'});
  });

  for (const [name, create] of Object.entries(CASES)) {
    it(`keeps predictions bit for bit, there, through training and back: ${name}`, async () => {
      const {model, x, variational} = create();
      const before = await predicted(model, x);
      const bayesian = toBayesian(model, {trainSize: 20, bias: 'mean-field'});
      expect(classesOf(bayesian)).to.deep.equal(variational);
      closeTo(await predicted(bayesian, x), before, {rtol: 0});
      bayesian.compile({optimizer: tf.train.adam(0.05), loss: 'meanSquaredError'});
      const y = tf.zerosLike(model.predict(x) as tf.Tensor);
      await bayesian.fit(x, y, {epochs: 1, verbose: 0});
      const after = await predicted(bayesian, x);
      expect(after).to.not.deep.equal(before);
      const back = toDeterministic(bayesian);
      expect(back.layers.map((layer) => layer.getClassName())).to.deep.equal(
        model.layers.map((layer) => layer.getClassName()),
      );
      closeTo(await predicted(back, x), after, {rtol: 0});
      closeTo(await predicted(model, x), before, {rtol: 0});
    });
  }

  it('starts with standard deviations max(delta |w|, floor), or one for all', async () => {
    const model = small();
    const weights = tf.tensor2d([
      [0.5, -2, 0, 1],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    model.layers[0]?.setWeights([weights, tf.zeros([4])]);
    const deviations = async (moped: ToBayesianOptions['moped']): Promise<number[]> => {
      const options = {trainSize: 5, initialScale: 0.2, ...(moped !== undefined && {moped})};
      const [layer] = findVariational(toBayesian(model, options).layers);
      const scale = tf.sqrt(layer?.q.all[0]?.family.variance() as tf.Tensor);
      return Array.from(await scale.data()).slice(0, 4);
    };
    closeTo(await deviations(undefined), [0.05, 0.2, 0.001, 0.1], {rtol: 1e-4});
    closeTo(await deviations({delta: 0.5, floor: 0.01}), [0.25, 1, 0.01, 0.5], {rtol: 1e-4});
    closeTo(await deviations(false), [0.2, 0.2, 0.2, 0.2], {rtol: 1e-4});
  });

  it('converts what the filter chooses, and leaves frozen layers alone without one', () => {
    const names = (filter?: ToBayesianOptions['filter'], model = small()): string[] =>
      findVariational(toBayesian(model, {trainSize: 5, ...(filter && {filter})}).layers).map((layer) => layer.name);
    expect(names()).to.deep.equal(['first', 'last']);
    expect(names(['last'])).to.deep.equal(['last']);
    expect(names((layer) => layer.name === 'first')).to.deep.equal(['first']);
    const frozen = small();
    (frozen.layers[0] as tfl.layers.Layer).trainable = false;
    expect(names(undefined, frozen)).to.deep.equal(['last']);
    expect(names(['first'], frozen)).to.deep.equal(['first']);
    const outer = tfl.sequential({layers: [small(), layers.dense({units: 1, name: 'outer'})]});
    expect(names(['small'], outer)).to.deep.equal(['first', 'last']);
    (outer.layers[0] as tfl.layers.Layer).trainable = false;
    expect(names(undefined, outer)).to.deep.equal(['outer']);
    expect(toBayesian(outer, {trainSize: 5}).layers[0]?.trainable).to.equal(false);
  });

  it('refuses names without a layer, layers without a twin, and models without either', () => {
    const convert = (filter: readonly string[]) => () => toBayesian(small(), {trainSize: 5, filter});
    expect(convert(['none'])).to.throw(ConfigError, /'none'.*'first', 'dropout', 'last'/);
    expect(convert(['dropout'])).to.throw(ConfigError, /'dropout' \(Dropout\).*Dense, Conv1D/);
    expect(() => toBayesian(small(), {trainSize: 5, filter: () => false})).to.throw(ConfigError, /got none/);
    expect(() => toBayesian(tfl.sequential(), {trainSize: 5})).to.throw(ConfigError, /built/);
    expect(() => toBayesian(small(), {trainSize: 5, moped: {delta: -1}})).to.throw(ConfigError, /delta/);
    expect(() => toDeterministic(small())).to.throw(ConfigError, /without/);
  });

  it('leaves layers that have a posterior already, with all of it', async () => {
    const model = tfl.sequential({
      layers: [bayesDense({units: 2, inputShape: [3], trainSize: 9, name: 'old'}), layers.dense({units: 1})],
    });
    const converted = toBayesian(model, {trainSize: 5});
    const found = findVariational(converted.layers);
    expect(found.map(({q}) => q.options.trainSize)).to.deep.equal([9, 5]);
    const deviations = async (of: tfl.LayersModel): Promise<ArrayLike<number>> =>
      (of.getWeights()[1] as tf.Tensor).data();
    closeTo(await deviations(converted), await deviations(model), {rtol: 0});
  });

  it('leaves wrapped layers as they are, with the weights of the wrappers', async () => {
    const model = tfl.sequential({
      layers: [
        spectralNormalization({layer: layers.dense({units: 4, inputShape: [3]}), normBound: 0.1, name: 'bounded'}),
        concreteDropout({layer: layers.dense({units: 4}), trainSize: 5, rate: 0.1}),
        layers.dense({units: 2, name: 'out'}),
      ],
    });
    const x = noise(5, 3);
    model.compile({optimizer: tf.train.adam(0.1), loss: 'meanSquaredError'});
    await model.fit(x, noise(5, 2), {epochs: 2, verbose: 0}); // moves the weights of the wrappers
    const wrappers = async (of: tfl.LayersModel): Promise<number[][]> => {
      const weights = of.layers.slice(0, 2).flatMap((layer) => layer.getWeights());
      return Promise.all(weights.map(async (weight) => Array.from(await weight.data())));
    };
    for (const filter of [undefined, ['out']]) {
      const bayesian = toBayesian(model, {trainSize: 5, ...(filter && {filter})});
      expect(classesOf(bayesian)).to.deep.equal(['BayesDense']);
      for (const converted of [bayesian, toDeterministic(bayesian)]) {
        expect(await wrappers(converted)).to.deep.equal(await wrappers(model));
        closeTo(await predicted(converted, x), await predicted(model, x), {rtol: 0});
      }
    }
    expect(() => toBayesian(model, {trainSize: 5, filter: ['bounded', 'out']})).to.throw(ConfigError, /'bounded'/);
    const input = tfl.input({shape: [3]});
    const outputs = layers.dense({units: 1}).apply(model.apply(input) as tfl.SymbolicTensor);
    const frozen = tfl.model({inputs: input, outputs: outputs as tfl.SymbolicTensor});
    model.trainable = false; // changes the order of the weights
    const before = await predicted(frozen, x);
    closeTo(await predicted(toBayesian(frozen, {trainSize: 5}), x), before, {rtol: 0});
  });

  it('leaves no tensors behind', () =>
    expectNoLeak(async () => {
      const model = small();
      const bayesian = toBayesian(model, {trainSize: 5});
      const back = toDeterministic(bayesian);
      for (const one of [model, bayesian, back]) one.dispose();
    }));

  it('shows its head to methods that need logits, also behind a time-distributed layer', () => {
    expect(createNet(toBayesian(small(), {trainSize: 5})).head).to.equal('softmax');
    const dense = layers.dense({units: 2, activation: 'softmax'});
    const steps = tfl.sequential({layers: [layers.timeDistributed({layer: dense, inputShape: [3, 2]})]});
    expect(createNet(toBayesian(steps, {trainSize: 5})).head).to.equal('softmax');
  });
});
