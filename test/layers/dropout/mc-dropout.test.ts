import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {bayesLstm, mcDropout, toDeterministic} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {noisyLayers} from '../../../src/training/noise-state.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';

const likelihood = gaussian({noiseScale: 1});
const seeded = (seed: number) => tfl.initializers.randomNormal({stddev: 0.8, seed});

/** Mean and standard deviation over draws [S, N, C] of each output, and the number of draws. */
async function moments(draws: tf.Tensor): Promise<{mean: number[]; deviation: number[]; samples: number}> {
  const {mean, variance} = tf.moments(draws, 0);
  const [m, v] = [await mean.data(), await variance.data()];
  tf.dispose([mean, variance]);
  return {mean: Array.from(m), deviation: Array.from(v, Math.sqrt), samples: draws.shape[0] as number};
}

/** Within five standard errors. */
function expectMean(
  {mean, deviation, samples}: Awaited<ReturnType<typeof moments>>,
  expected: readonly number[],
): void {
  mean.forEach((value, i) => {
    const bound = (5 * (deviation[i] as number)) / Math.sqrt(samples) + 1e-5;
    expect(Math.abs(value - (expected[i] as number))).to.be.at.most(bound);
  });
}

describe('mcDropout', () => {
  before(async () => {
    await initBackend();
  });

  for (const fixedMasks of [false, true]) {
    it(`has the mean and variance of all 2^n masks${fixedMasks ? ', shared by all inputs' : ''}`, async () => {
      const hidden = tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [2], kernelInitializer: seeded(1)});
      const last = tfl.layers.dense({units: 1, kernelInitializer: seeded(2)});
      const model = tfl.sequential({layers: [hidden, tfl.layers.dropout({rate: 0.3}), last]});
      const x = tf.tensor2d([
        [1, 0.5],
        [-0.3, 2],
      ]);
      const features = (await (hidden.apply(x) as tf.Tensor2D).array()) as number[][];
      const kernel = Array.from(await (last.getWeights()[0] as tf.Tensor).data());
      const exact = features.map((row) => {
        let [first, second] = [0, 0];
        for (let mask = 0; mask < 16; mask++) {
          let [probability, f] = [1, 0];
          for (let unit = 0; unit < 4; unit++) {
            const kept = (mask >> unit) & 1;
            probability *= kept ? 0.7 : 0.3;
            f += (kept / 0.7) * (row[unit] as number) * (kernel[unit] as number);
          }
          first += probability * f;
          second += probability * f * f;
        }
        return {mean: first, variance: second - first ** 2};
      });
      const draws = await mcDropout(model, {likelihood, fixedMasks}).sampleOutputs(x, {samples: 1500});
      const found = await moments(draws);
      expectMean(
        found,
        exact.map(({mean}) => mean),
      );
      closeTo(
        found.deviation.map((d) => d * d),
        exact.map(({variance}) => variance),
        {rtol: 0.2},
      );
      tf.dispose([x, draws]);
      model.dispose();
    });
  }

  it('draws one function where masks are fixed, and one mask for each input where they are not', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dropout({rate: 0.5, inputShape: [8]})]});
    const x = tf.ones([6, 8]);
    for (const fixedMasks of [false, true]) {
      const draws = (await (
        await mcDropout(model, {likelihood, fixedMasks}).sampleOutputs(x, {samples: 3, batchSize: 4})
      ).array()) as number[][][];
      expect(new Set(draws.map((draw) => draw.join())).size).to.equal(3);
      for (const rows of draws) expect(new Set(rows.map(String)).size).to.equal(fixedMasks ? 1 : 6);
    }
    x.dispose();
    model.dispose();
  });

  it('leaves BatchNormalization in inference mode and the model as it was, whatever happens', async () => {
    const batchNorm = tfl.layers.batchNormalization({inputShape: [3]});
    const dropout = tfl.layers.dropout({rate: 0.5});
    const model = tfl.sequential({
      layers: [batchNorm, dropout, tfl.layers.dense({units: 2, kernelInitializer: seeded(3)})],
    });
    const x = tf.randomNormal([5, 3], 4, 2, 'float32', 1);
    const before = await Promise.all(model.getWeights().map((weight) => weight.data()));
    const expected = model.predict(x) as tf.Tensor;
    const posterior = mcDropout(model, {likelihood});
    const draws = await posterior.sampleOutputs(x, {samples: 1500});
    expectMean(await moments(draws), Array.from(await expected.data()));
    const after = await Promise.all(model.getWeights().map((weight) => weight.data()));
    expect(after.map((values) => values.join())).to.deep.equal(before.map((values) => values.join()));

    const failing = tfl.layers.dense({units: 1, inputShape: [3]});
    const broken = tfl.sequential({layers: [tfl.layers.dropout({rate: 0.5, inputShape: [3]}), failing]});
    const other = mcDropout(broken, {likelihood});
    failing.call = () => {
      throw new Error('out of memory');
    };
    let message = '';
    await other.sampleOutputs(x, {samples: 1}).catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.equal('out of memory');
    expect(Object.hasOwn(broken.layers[0] as object, 'call')).to.equal(false);
    tf.dispose([x, expected, draws]);
    model.dispose();
  });

  it('has the mean of each stock layer, and drops whole channels or maps where it should', async () => {
    const x = tf.tidy(() => tf.add(tf.randomUniform([2, 3, 4], 0.5, 1.5, 'float32', 2), 0));
    const values = Array.from(await x.data());
    const layers = {
      dropout: tfl.layers.dropout({rate: 0.4, inputShape: [3, 4]}),
      maps: tfl.layers.dropout({rate: 0.4, noiseShape: [null, 1, null] as unknown as number[], inputShape: [3, 4]}),
      spatial: tfl.layers.spatialDropout1d({rate: 0.4, inputShape: [3, 4]}),
      gaussian: tfl.layers.gaussianDropout({rate: 0.4, inputShape: [3, 4]}),
    };
    for (const [name, layer] of Object.entries(layers)) {
      const model = tfl.sequential({layers: [layer]});
      const draws = await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 1000});
      expectMean(await moments(draws), values);
      if (name === 'spatial' || name === 'maps') {
        const mixed = tf.tidy(() => {
          const kept = tf.cast(tf.greater(draws, 0), 'float32');
          return tf.max(tf.sub(tf.max(kept, 2), tf.min(kept, 2)));
        });
        expect((await mixed.data())[0]).to.equal(0);
        mixed.dispose();
      }
      draws.dispose();
    }
    x.dispose();
  });

  it('keeps the mean and variance of standard normal inputs under AlphaDropout', async () => {
    const model = tfl.sequential({layers: [tfl.layers.alphaDropout({rate: 0.3, inputShape: [50]})]});
    const x = tf.randomNormal([100, 50], 0, 1, 'float32', 3);
    const draws = await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 20});
    const {mean, variance} = tf.moments(draws);
    closeTo(await mean.data(), [0], {rtol: 0, atol: 0.03});
    closeTo(await variance.data(), [1], {rtol: 0.03});
    tf.dispose([x, draws, mean, variance]);
  });

  it('drops inputs and states of recurrent layers, one mask for each sequence, also inside Bidirectional', async () => {
    const recurrent = [
      tfl.layers.simpleRNN({units: 3, dropout: 0.4, inputShape: [4, 2], kernelInitializer: seeded(4)}),
      tfl.layers.lstm({units: 3, recurrentDropout: 0.4, inputShape: [4, 2], kernelInitializer: seeded(5)}),
      tfl.layers.bidirectional({
        layer: tfl.layers.gru({units: 2, dropout: 0.4}) as tfl.RNN,
        mergeMode: 'concat',
        inputShape: [4, 2],
      }),
    ];
    const x = tf.randomNormal([3, 4, 2], 0, 1, 'float32', 5);
    for (const layer of recurrent) {
      const model = tfl.sequential({layers: [layer]});
      await expectNoLeak(async () => {
        const posterior = mcDropout(model, {likelihood});
        const [whole, split] = (await Promise.all(
          [256, 2].map((batchSize) => posterior.sampleOutputs(x, {samples: 5, batchSize})),
        )) as [tf.Tensor, tf.Tensor];
        closeTo(await split.data(), await whole.data(), {rtol: 1e-5, atol: 1e-6});
        const {deviation} = await moments(whole);
        expect(Math.min(...deviation)).to.be.above(0);
        tf.dispose([whole, split]);
      });
      model.dispose();
    }
    // A linear cell without states: the same inputs of a sequence are dropped at every step.
    const sum = tfl.layers.simpleRNN({
      units: 1,
      dropout: 0.5,
      activation: 'linear',
      inputShape: [3, 1],
      kernelInitializer: 'ones',
      recurrentInitializer: 'ones',
    });
    const model = tfl.sequential({layers: [sum]});
    const ones = tf.ones([40, 3, 1]);
    const draws = await mcDropout(model, {likelihood}).sampleOutputs(ones, {samples: 1});
    expect([...new Set(await draws.data())].sort()).to.deep.equal([0, 6]);
    tf.dispose([x, ones, draws]);
  });

  it('keeps variational recurrent layers at their means, and their noise in training where it was', async () => {
    const layer = bayesLstm({units: 3, dropout: 0.4, inputShape: [4, 2], trainSize: 9, initialScale: 1});
    const model = tfl.sequential({layers: [layer]});
    const plain = toDeterministic(model);
    const x = tf.randomNormal([3, 4, 2], 0, 1, 'float32', 5);
    const draws = async (of: tfl.LayersModel) =>
      (await mcDropout(of, {likelihood}).sampleOutputs(x, {samples: 4, rng: createRng(1)})).data();
    const states = () => noisyLayers(model).map(({noiseState}) => Array.from(noiseState));
    const before = states();
    const expected = await draws(plain);
    for (const found of [await draws(model), await draws(model)]) closeTo(found, expected, {rtol: 1e-5, atol: 1e-6});
    expect(before).to.have.length.above(0);
    expect(states()).to.deep.equal(before);
    x.dispose();
  });

  it('reaches layers of nested models and TimeDistributed', async () => {
    const inner = tfl.sequential({layers: [tfl.layers.dropout({rate: 0.5, inputShape: [4]})]});
    const wrapped = tfl.layers.timeDistributed({layer: tfl.layers.dropout({rate: 0.5}), inputShape: [2, 4]});
    const input = tfl.input({shape: [4]});
    const nested = tfl.model({inputs: input, outputs: inner.apply(input) as tfl.SymbolicTensor});
    for (const [model, shape] of [
      [nested, [2, 4]],
      [tfl.sequential({layers: [wrapped]}), [2, 2, 4]],
    ] as const) {
      const x = tf.ones([...shape]);
      const draws = await mcDropout(model, {likelihood}).sampleOutputs(x, {samples: 8});
      expect([...new Set(await draws.data())].sort()).to.deep.equal([0, 2]);
      tf.dispose([x, draws]);
    }
  });

  it('takes its number of draws and its stream from the options', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dropout({rate: 0.5, inputShape: [30]}),
        tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(6)}),
      ],
    });
    const x = tf.ones([2, 30]);
    const members = async (seed: number) => {
      const predictive = await mcDropout(model, {samples: 7, rng: createRng(seed)}).predict(x, {keepMembers: true});
      const values = await (('memberProbs' in predictive && predictive.memberProbs) as tf.Tensor).array();
      predictive.dispose();
      return values as number[][][];
    };
    const [first, again, other] = [await members(1), await members(1), await members(2)];
    expect(first).to.have.length(7);
    expect(again).to.deep.equal(first);
    expect(other).to.not.deep.equal(first);
    x.dispose();
  });

  it('refuses models without dropout, and options that mean nothing', () => {
    const without = tfl.sequential({
      layers: [tfl.layers.dropout({rate: 0, inputShape: [2]}), tfl.layers.dense({units: 2, activation: 'softmax'})],
    });
    expect(() => mcDropout(without)).to.throw(ConfigError, /dropout between 0 and 1/);
    const model = tfl.sequential({layers: [tfl.layers.dropout({rate: 0.5, inputShape: [2]})]});
    expect(() => mcDropout(model)).to.throw(ConfigError, /likelihood/);
    expect(() => mcDropout(model, {likelihood: 'gaussian'})).to.throw(ConfigError, /noiseScale/);
    expect(() => mcDropout(model, {likelihood, samples: 0})).to.throw(ConfigError, /whole number/);
  });
});
