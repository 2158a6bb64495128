import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type LaplaceOptions, laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {type Inputs, toModelInputs} from '../../src/models/index.ts';
import type {Posterior} from '../../src/posterior/index.ts';
import type {CategoricalPredictive} from '../../src/predictive/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {savedArtifacts} from '../support/saved-artifacts.ts';

const EXAMPLES = 9;
const CLASSES = 3;
let seed = 0;
const init = () => tfl.initializers.randomNormal({stddev: 0.5, seed: ++seed});
const normal = (shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', 7);
const dense = (units: number, activation?: 'softmax' | 'relu') =>
  tfl.layers.dense({units, kernelInitializer: init(), ...(activation && {activation})});
const conv = (filters: number, kernelSize: number) =>
  tfl.layers.conv2d({filters, kernelSize, padding: 'same', kernelInitializer: init()});
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
  layer.apply(x) as tfl.SymbolicTensor;

/** Two convolutions with batch normalization around which the input passes, then pooling and a head. */
function residualNet(): tfl.LayersModel {
  const image = tfl.input({shape: [5, 4, 2]});
  const entry = apply(conv(3, 3), image);
  const normalized = apply(tfl.layers.batchNormalization(), entry);
  const bent = apply(conv(3, 3), apply(tfl.layers.reLU(), normalized));
  const sum = apply(tfl.layers.add(), [entry, apply(tfl.layers.batchNormalization(), bent)]);
  const pooled = apply(tfl.layers.globalAveragePooling2d({dataFormat: 'channelsLast'}), sum);
  return tfl.model({inputs: image, outputs: apply(dense(CLASSES, 'softmax'), pooled)});
}

function recurrentNet(cell: 'lstm' | 'gru'): tfl.LayersModel {
  const args = {units: 4, inputShape: [6, 2], kernelInitializer: init(), recurrentInitializer: init()};
  return tfl.sequential({layers: [tfl.layers[cell](args), dense(CLASSES, 'softmax')]});
}

function embeddingNet(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.embedding({inputDim: 7, outputDim: 3, inputLength: 5, embeddingsInitializer: init()}),
      tfl.layers.globalAveragePooling1d(),
      dense(CLASSES, 'softmax'),
    ],
  });
}

function twoInputNet(): tfl.LayersModel {
  const [image, age] = [tfl.input({shape: [4, 4, 1], name: 'image'}), tfl.input({shape: [2], name: 'age'})];
  const seen = apply(tfl.layers.flatten(), apply(conv(2, 2), image));
  const both = apply(tfl.layers.concatenate(), [apply(dense(3, 'relu'), seen), apply(dense(2, 'relu'), age)]);
  return tfl.model({inputs: [image, age], outputs: apply(dense(CLASSES, 'softmax'), both)});
}

function segmentationNet(): tfl.LayersModel {
  const image = tfl.input({shape: [4, 3, 2]});
  const hidden = apply(tfl.layers.reLU(), apply(conv(4, 3), image));
  return tfl.model({inputs: image, outputs: apply(tfl.layers.softmax({axis: -1}), apply(conv(CLASSES, 1), hidden))});
}

const labels = (shape: number[]): tf.Tensor =>
  tf.tensor(
    Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => (i * 5 + (i >> 2)) % CLASSES),
    shape,
    'int32',
  );

interface Architecture {
  readonly create: () => tfl.LayersModel;
  readonly x: () => Inputs;
  readonly y?: () => tf.Tensor;
  readonly options: readonly LaplaceOptions[];
}

const everyStructure = (weights: 'all' | 'last-layer'): LaplaceOptions[] =>
  (['full', 'kron', 'diag'] as const).map((structure) => ({weights, structure}));

const architectures: Record<string, Architecture> = {
  'a residual ConvNet with batch normalization': {
    create: residualNet,
    x: () => normal([EXAMPLES, 5, 4, 2]),
    options: [...everyStructure('all'), ...everyStructure('last-layer')],
  },
  'an LSTM': {
    create: () => recurrentNet('lstm'),
    x: () => normal([EXAMPLES, 6, 2]),
    options: [{}, {structure: 'full'}],
  },
  'a GRU': {create: () => recurrentNet('gru'), x: () => normal([EXAMPLES, 6, 2]), options: [{}, {structure: 'full'}]},
  'an embedding': {
    create: embeddingNet,
    x: () => tf.tidy(() => tf.cast(tf.reshape(tf.mod(tf.range(0, EXAMPLES * 5), 7), [EXAMPLES, 5]), 'float32')),
    options: everyStructure('all'),
  },
  'two inputs by name': {
    create: twoInputNet,
    x: () => ({age: normal([EXAMPLES, 2]), image: normal([EXAMPLES, 4, 4, 1])}),
    options: [{}, {weights: 'all'}],
  },
  'a segmentation head': {
    create: segmentationNet,
    x: () => normal([EXAMPLES, 4, 3, 2]),
    y: () => labels([EXAMPLES, 4, 3]),
    options: [...everyStructure('last-layer'), {weights: 'all'}, {weights: 'all', structure: 'diag'}],
  },
};

async function reload(posterior: Posterior, model: tfl.LayersModel): Promise<Posterior> {
  const saved = await savedArtifacts(posterior);
  return loadPosterior(tf.io.fromMemory(saved), {model});
}

describe('laplace of', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, {create, x: inputs, y: targets, options}] of Object.entries(architectures)) {
    describe(name, () => {
      let model: tfl.LayersModel;
      let x: Inputs;
      let y: tf.Tensor;
      before(() => {
        model = create();
        x = inputs();
        y = targets?.() ?? labels([EXAMPLES]);
      });
      after(() => {
        model.dispose();
        tf.dispose([x as tf.Tensor, y]);
      });
      for (const option of options) {
        const {weights = 'last-layer', structure = 'kron'} = option;
        it(`${weights as string}, ${structure}: fits, tunes, predicts, saves and loads`, async () => {
          await expectNoLeak(async () => {
            const posterior = await laplace(model, option).fit(x, y, {batchSize: 4});
            const before = posterior.logMarginalLikelihood();
            expect((await posterior.tune()).logMarginalLikelihood).to.be.at.least(before);
            const predictive = (await posterior.predict(x)) as CategoricalPredictive;
            expect(predictive.probs.shape).to.deep.equal([...y.shape, CLASSES]);
            const {epistemic, total, aleatoric} = predictive.entropy();
            expect(Math.max(...(await epistemic.data()))).to.be.above(0);

            const outputs = posterior.linearized(x);
            const probs = tf.tidy(() => tf.softmax(outputs.mean));
            const plain = tf.tidy(() => model.predict(toModelInputs(model, x, 'test')) as tf.Tensor);
            closeTo(await probs.data(), await plain.data(), {rtol: 1e-4, atol: 1e-6}); // the mean is the model's

            const loaded = await reload(posterior, model);
            const again = (await loaded.predict(x)) as CategoricalPredictive;
            closeTo(await again.probs.data(), await predictive.probs.data(), {rtol: 0});
            tf.dispose([epistemic, total, aleatoric, probs, plain, outputs.mean, outputs.covariance]);
            for (const one of [posterior, loaded, predictive, again]) one.dispose();
          });
        });
      }
    });
  }

  it('a segmentation head: positions without a label count for nothing', async () => {
    const model = segmentationNet();
    const [x, y] = [normal([2, 4, 3, 2]), labels([2, 4, 3])];
    const first = tf.slice(x, 0, 1);
    const [known, unknown] = [tf.slice(y, 0, 1), tf.fill([1, 4, 3], -100, 'int32')];
    const partly = tf.concat([known, unknown]);
    for (const weights of ['last-layer', 'all'] as const) {
      const some = await laplace(model, {weights}).fit(x, partly);
      const one = await laplace(model, {weights}).fit(first, known);
      closeTo([some.logMarginalLikelihood()], [one.logMarginalLikelihood()], {rtol: 1e-6});
      closeTo(some.weightVariances(), one.weightVariances(), {rtol: 1e-4});
      some.dispose();
      one.dispose();
    }
    model.dispose();
    tf.dispose([x, y, first, known, unknown, partly]);
  });
});
