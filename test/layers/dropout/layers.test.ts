import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  ConcreteDropout,
  concreteDropout,
  dropConnect,
  learnedGaussianDropout,
  mcDropout,
} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {roundTrip} from '../support/round-trip.ts';

const N = 8;
const likelihood = gaussian({noiseScale: 1});
const seeded = (seed: number) => tfl.initializers.randomNormal({stddev: 0.6, seed});
const dense = (units = 3) => tfl.layers.dense({units, kernelInitializer: seeded(1), inputShape: [4]});
const conv = () => tfl.layers.conv2d({filters: 2, kernelSize: 2, kernelInitializer: seeded(2), inputShape: [4, 4, 3]});
const conv1d = () => tfl.layers.conv1d({filters: 2, kernelSize: 2, kernelInitializer: seeded(2), inputShape: [5, 3]});

interface Row {
  readonly create: (seed?: number) => tfl.layers.Layer;
  /** What it does at prediction. */
  readonly plain: () => tfl.layers.Layer;
  readonly shape: readonly number[];
}

const seedOf = (seed?: number) => (seed === undefined ? {} : {seed});
const rows: Record<string, Row> = {
  'concrete Dense': {
    create: (seed) => concreteDropout({layer: dense(), trainSize: 50, rate: 0.3, ...seedOf(seed)}),
    plain: dense,
    shape: [N, 4],
  },
  'concrete Conv2D': {
    create: (seed) => concreteDropout({layer: conv(), trainSize: 50, priorPrecision: 2, ...seedOf(seed)}),
    plain: conv,
    shape: [N, 4, 4, 3],
  },
  'DropConnect Dense': {
    create: (seed) => dropConnect({layer: dense(), rate: 0.4, ...seedOf(seed)}),
    plain: dense,
    shape: [N, 4],
  },
  'DropConnect Conv1D': {
    create: (seed) => dropConnect({layer: conv1d(), rate: 0.4, ...seedOf(seed)}),
    plain: conv1d,
    shape: [N, 5, 3],
  },
  'learned Gaussian': {
    create: (seed) => learnedGaussianDropout({trainSize: 50, perUnit: true, inputShape: [4], ...seedOf(seed)}),
    plain: () => tfl.layers.activation({activation: 'linear', inputShape: [4]}),
    shape: [N, 4],
  },
};

describe('layers that drop', () => {
  before(async () => {
    await initBackend();
  });

  for (const [name, {create, plain, shape}] of Object.entries(rows)) {
    const model = (seed?: number): tfl.Sequential =>
      tfl.sequential({
        layers: [
          create(seed),
          ...(shape.length > 2 ? [tfl.layers.flatten()] : []),
          tfl.layers.dense({units: 1, kernelInitializer: seeded(3)}),
        ],
      });
    const input = (): tf.Tensor => tf.randomNormal([...shape], 0, 1, 'float32', 4);

    it(`${name}: predicts as the layer does without it, by tensors and by symbols`, async () => {
      const layer = create();
      const x = input();
      const [own, expected] = [layer.apply(x) as tf.Tensor, plain().apply(x) as tf.Tensor];
      closeTo(await own.data(), await expected.data(), {rtol: 1e-6, atol: 1e-6});
      const symbol = create().apply(tfl.input({shape: shape.slice(1)})) as tfl.SymbolicTensor;
      expect(symbol.shape.slice(1)).to.deep.equal(own.shape.slice(1));
      tf.dispose([x, own, expected]);
    });

    it(`${name}: is seeded in training, and drops something else at each step`, async () => {
      const x = input();
      const steps = async (seed: number): Promise<string[]> => {
        const layer = create(seed);
        const outputs = [0, 1].map(() => layer.apply(x, {training: true}) as tf.Tensor);
        return (await Promise.all(outputs.map((output) => output.data()))).map(String);
      };
      const [first, again, other] = [await steps(1), await steps(1), await steps(2)];
      expect(again).to.deep.equal(first);
      expect(first[0]).to.not.equal(first[1]);
      expect(other[0]).to.not.equal(first[0]);
      x.dispose();
    });

    it(`${name}: survives saving and JSON, with its draws`, async () => {
      const original = model(5);
      const x = input();
      for (const copy of await roundTrip(original)) {
        closeTo(await (copy.predict(x) as tf.Tensor).data(), await (original.predict(x) as tf.Tensor).data(), {
          rtol: 0,
        });
        const draw = (one: tfl.LayersModel) =>
          mcDropout(one, {likelihood}).sampleOutputs(x, {samples: 3, rng: createRng(1)});
        closeTo(await (await draw(copy)).data(), await (await draw(original)).data(), {rtol: 0});
      }
      x.dispose();
    });

    it(`${name}: trains without a leak, its own weights too`, async () => {
      const net = model(6);
      const [x, y] = [input(), tf.ones([N, 1])];
      net.compile({optimizer: tf.train.adam(0.05), loss: 'meanSquaredError'});
      await net.fit(x, y, {epochs: 1, verbose: 0});
      const before = await Promise.all(net.trainableWeights.map((weight) => weight.read().data()));
      await expectNoLeak(async () => {
        await net.fit(x, y, {epochs: 2, verbose: 0});
      });
      const after = await Promise.all(net.trainableWeights.map((weight) => weight.read().data()));
      for (const [i, values] of before.entries()) expect(String(values)).to.not.equal(String(after[i]));
      tf.dispose([x, y]);
    });
  }

  it('let a softmax of the layer inside be split off, and pass masks on', async () => {
    const layer = tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(1), inputShape: [4]});
    const model = tfl.sequential({layers: [concreteDropout({layer, trainSize: 50})]});
    const x = tf.randomNormal([5, 4], 0, 1, 'float32', 4);
    const predictive = await mcDropout(model).predict(x);
    expect(predictive.kind).to.equal('categorical');
    const draws = await mcDropout(model).sampleOutputs(x, {samples: 1});
    const sums = await tf.sum(draws, -1).data();
    expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).to.be.above(0.1); // logits
    const again = model.predict(x) as tf.Tensor;
    closeTo(await tf.sum(again, -1).data(), [1, 1, 1, 1, 1], {rtol: 1e-5});

    const timed = tfl.layers.dense({units: 2, kernelInitializer: seeded(2)});
    const masked = (last: tfl.layers.Layer) =>
      tfl.sequential({
        layers: [
          tfl.layers.masking({inputShape: [3, 2]}),
          last,
          tfl.layers.simpleRNN({units: 2, kernelInitializer: seeded(3), recurrentInitializer: 'identity'}),
        ],
      });
    const steps = tf.tensor3d([
      [
        [1, 2],
        [0.5, 1],
        [0, 0],
      ],
    ]);
    const [own, plain] = [masked(dropConnect({layer: timed, rate: 0.5})), masked(timed)];
    plain.setWeights(own.getWeights());
    closeTo(await (own.predict(steps) as tf.Tensor).data(), await (plain.predict(steps) as tf.Tensor).data(), {
      rtol: 0,
    });
    predictive.dispose();
    tf.dispose([x, draws, again, steps]);
  });

  it('freeze and are counted with the layer inside', () => {
    const layer = concreteDropout({layer: dense(), trainSize: 50});
    const model = tfl.sequential({layers: [layer]});
    expect(layer.countParams()).to.equal(4 * 3 + 3 + 1);
    expect(model.trainableWeights).to.have.length(3);
    layer.trainable = false;
    expect(model.trainableWeights).to.have.length(0);
    expect(model.nonTrainableWeights).to.have.length(3);
  });

  it('refuse layers without a kernel and rates that drop nothing or all', () => {
    const layer = dense();
    expect(() => concreteDropout({layer: tfl.layers.flatten(), trainSize: 1})).to.throw(ConfigError, /got Flatten/);
    expect(() => dropConnect({layer, rate: 1})).to.throw(ConfigError, /between 0 and 1/);
    expect(() => concreteDropout({layer, trainSize: 0})).to.throw(ConfigError, /trainSize/);
    expect(() => concreteDropout({layer, trainSize: 1, temperature: -1})).to.throw(ConfigError, /temperature/);
    expect(() => learnedGaussianDropout({trainSize: 1, rate: 0})).to.throw(ConfigError, /between 0 and 1/);
  });

  it('pay once for each layer, however often it is called, and nothing where they are frozen', async () => {
    const layers = [
      concreteDropout({layer: tfl.layers.dense({units: 4, kernelInitializer: seeded(1)}), trainSize: 50}),
      learnedGaussianDropout({trainSize: 50}),
    ];
    for (const layer of layers) {
      const input = tfl.input({shape: [4]});
      const twice = [0, 1].map(() => layer.apply(input) as tfl.SymbolicTensor);
      const inner = tfl.model({inputs: input, outputs: tfl.layers.add().apply(twice) as tfl.SymbolicTensor});
      const model = tfl.sequential({layers: [inner, tfl.layers.dense({units: 1})]});
      model.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
      const [x, y] = [tf.ones([2, 4]), tf.zeros([2, 1])];
      const due = tf.tidy(() => (layer instanceof ConcreteDropout ? layer.divergence() : layer.penalty()));
      const {history} = await model.fit(x, y, {epochs: 1, verbose: 0});
      closeTo((history.loss as number[])[0] as number, ((await due.data())[0] as number) / 50, {rtol: 1e-5});
      layer.trainable = false;
      model.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
      const frozen = await model.fit(x, y, {epochs: 1, verbose: 0});
      expect((frozen.history.loss as number[])[0]).to.equal(0);
      tf.dispose([x, y, due]);
    }
  });

  it('pay once for all steps of a time-distributed layer, before training and after', async () => {
    const layers = [
      concreteDropout({layer: tfl.layers.dense({units: 2, kernelInitializer: seeded(1)}), trainSize: 50}),
      learnedGaussianDropout({trainSize: 50}),
    ];
    for (const layer of layers) {
      const model = tfl.sequential({layers: [tfl.layers.timeDistributed({layer, inputShape: [5, 3]})]});
      model.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
      const x = tf.ones([2, 5, 3]);
      const y = tf.zerosLike(model.predict(x) as tf.Tensor);
      const due = tf.tidy(() => (layer instanceof ConcreteDropout ? layer.divergence() : layer.penalty()));
      const expected = ((await due.data())[0] as number) / 50;
      const {history} = await model.fit(x, y, {epochs: 2, verbose: 0});
      closeTo(history.loss as number[], [expected, expected], {rtol: 1e-5});
      tf.dispose([x, y, due]);
    }
  });

  it('pay nothing in a model that is frozen as a whole', async () => {
    const wrapped = tfl.layers.dense({units: 4, kernelInitializer: seeded(1), inputShape: [4]});
    const inner = tfl.sequential({layers: [concreteDropout({layer: wrapped, trainSize: 50})]});
    const input = tfl.input({shape: [4]});
    const outputs = tfl.layers.dense({units: 4}).apply(inner.apply(input) as tfl.SymbolicTensor);
    const model = tfl.model({inputs: input, outputs: outputs as tfl.SymbolicTensor});
    inner.trainable = false;
    model.compile({optimizer: tf.train.sgd(0), loss: (_y, f) => tf.mul(tf.sum(f), 0)});
    const [x, y] = [tf.ones([2, 4]), tf.zeros([2, 4])];
    const {history} = await model.fit(x, y, {epochs: 1, verbose: 0});
    expect((history.loss as number[])[0]).to.equal(0);
    tf.dispose([x, y]);
  });

  describe('concreteDropout', () => {
    it('adds the divergence of the paper, in nats per example', async () => {
      const layer = concreteDropout({layer: dense(), trainSize: 50, rate: 0.3, priorPrecision: 2});
      layer.build([null, 4]);
      const kernel = await (layer.getWeights()[1] as tf.Tensor).data();
      const squares = Array.from(kernel).reduce((sum, w) => sum + w * w, 0);
      const p = 0.3;
      const expected = (2 * squares) / (2 * (1 - p)) + 4 * (p * Math.log(p) + (1 - p) * Math.log(1 - p));
      const [loss] = tf.tidy(() => layer.calculateLosses());
      closeTo(await (loss as tf.Scalar).data(), [expected / 50], {rtol: 1e-5});
      const rate = layer.rate();
      closeTo(await rate.data(), [0.3], {rtol: 1e-6});
      tf.dispose([loss as tf.Scalar, rate]);
    });

    it('has the gradient of its relaxation with respect to the rate', async () => {
      const x = tf.randomNormal([6, 4], 0, 1, 'float32', 9);
      const output = (rate: number) => {
        const layer = concreteDropout({layer: dense(), trainSize: 50, rate, temperature: 0.5, seed: 3});
        layer.build([null, 4]);
        return {layer, value: () => tf.tidy(() => tf.sum<tf.Scalar>(layer.apply(x, {training: true}) as tf.Tensor))};
      };
      const {layer, value} = output(0.3);
      const logit = layer.trainableWeights[0] as tfl.LayerVariable;
      const {grads} = tf.variableGrads(value, [logit.read() as tf.Variable]);
      const gradient = (await (Object.values(grads)[0] as tf.Tensor).data())[0] as number;
      const at = async (shift: number) => {
        const value = output(1 / (1 + Math.exp(-(Math.log(0.3 / 0.7) + shift)))).value();
        return (await value.data())[0] as number;
      };
      closeTo([gradient], [((await at(0.01)) - (await at(-0.01))) / 0.02], {rtol: 1e-2});
      tf.dispose([x, grads]);
    });

    it('learns a high rate from few data and a low one from many', async () => {
      const learned = async (trainSize: number): Promise<number> => {
        const layer = concreteDropout({layer: dense(1), trainSize, rate: 0.2, seed: 1});
        const model = tfl.sequential({layers: [layer]});
        model.compile({optimizer: tf.train.adam(0.1), loss: gaussian({noiseScale: 0.1}).loss});
        const x = tf.randomNormal([64, 4], 0, 1, 'float32', 2);
        const y = tf.tidy(() => tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, -1, 0.5, 2], [4, 1])));
        await model.fit(x, y, {epochs: 40, batchSize: 64, verbose: 0});
        const rate = layer.rate();
        const value = (await rate.data())[0] as number;
        tf.dispose([x, y, rate]);
        return value;
      };
      const [few, many] = [await learned(0.01), await learned(1e6)];
      expect(many).to.be.below(0.1);
      expect(few).to.be.above(0.3);
    });

    it('drops whole channels of images', async () => {
      const model = tfl.sequential({
        layers: [
          concreteDropout({
            layer: tfl.layers.conv2d({filters: 1, kernelSize: 1, kernelInitializer: 'ones', inputShape: [3, 3, 1]}),
            trainSize: 9,
            rate: 0.5,
          }),
        ],
      });
      const x = tf.ones([20, 3, 3, 1]);
      const draws = await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 1});
      const spread = tf.tidy(() => tf.max(tf.sub(tf.max(draws, [2, 3]), tf.min(draws, [2, 3]))));
      expect((await spread.data())[0]).to.equal(0);
      expect([...new Set(await draws.data())].sort()).to.deep.equal([0, 2]);
      tf.dispose([x, draws, spread]);
    });
  });

  it('dropConnect gives each of the 2^n kernels, shared by all inputs of a draw', async () => {
    const layer = tfl.layers.dense({units: 1, useBias: false, inputShape: [2]});
    const model = tfl.sequential({layers: [dropConnect({layer, rate: 0.25})]});
    tf.tidy(() => model.setWeights([tf.tensor2d([[3], [6]])]));
    const x = tf.tensor2d([
      [1, 1],
      [2, 2],
    ]);
    const draws = (await (
      await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 800})
    ).array()) as number[][][];
    const counts = new Map<number, number>();
    for (const [[first], [second]] of draws as [[number], [number]][]) {
      expect(second).to.be.closeTo(2 * first, 1e-5);
      counts.set(Math.round(first), (counts.get(Math.round(first)) ?? 0) + 1);
    }
    const expected = new Map([
      [0, 1 / 16],
      [4, 3 / 16],
      [8, 3 / 16],
      [12, 9 / 16],
    ]);
    expect([...counts.keys()].sort((a, b) => a - b)).to.deep.equal([...expected.keys()]);
    for (const [value, p] of expected) {
      expect(Math.abs((counts.get(value) as number) / 800 - p)).to.be.below(5 * Math.sqrt((p * (1 - p)) / 800));
    }
    x.dispose();
  });

  it('learnedGaussianDropout adds the divergence from a log-uniform prior, to the accuracy of its approximation', async () => {
    for (const rate of [0.02, 0.1, 0.5, 0.9]) {
      const layer = learnedGaussianDropout({trainSize: 1, rate, inputShape: [3]});
      layer.build([null, 3]);
      const penalty = layer.penalty();
      const deviation = Math.sqrt(rate / (1 - rate));
      let expectedLog = 0; // E log |1 + deviation eps|, by the midpoint rule
      const step = 1e-4;
      for (let eps = -9 + step / 2; eps < 9; eps += step) {
        expectedLog +=
          ((step * Math.exp((-eps * eps) / 2)) / Math.sqrt(2 * Math.PI)) * Math.log(Math.abs(1 + deviation * eps));
      }
      const exact = expectedLog - Math.log(deviation) + (0.5772156649 + Math.log(2)) / 2;
      closeTo(await penalty.data(), [3 * exact], {rtol: 0, atol: 3 * 0.01});
      penalty.dispose();
    }
  });

  it('learnedGaussianDropout spreads draws by its variance', async () => {
    const model = tfl.sequential({layers: [learnedGaussianDropout({trainSize: 1, rate: 0.5, inputShape: [2]})]});
    const x = tf.tensor2d([[1, 3]]);
    const draws = await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 2000});
    const {mean, variance} = tf.moments(draws, 0);
    closeTo(await variance.data(), [1, 9], {rtol: 0.15});
    closeTo(await mean.data(), [1, 3], {rtol: 0.12});
    tf.dispose([x, draws, mean, variance]);
  });
});
