import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {batchEnsemble, memberPosterior, rankOneEnsemble} from '../../../ensembles/index.ts';
import {
  type ConcreteDropout,
  concreteDropout,
  dropConnect,
  dropoutMasks,
  learnedGaussianDropout,
  mcDropout,
} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {loadPosterior} from '../../../src/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {inputs} from '../nets.ts';
import {images, predictions, reloaded, sameAs} from './nets.ts';

const HIDDEN = 4;
const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.8, seed});
const gaussian = {likelihood: 'gaussian', noiseScale: 1} as const;

/** A net of two layers whose last one drops its inputs at a learned rate. */
function net(rate: number, units = 1, activation: 'linear' | 'sigmoid' | 'softmax' = 'linear'): tfl.LayersModel {
  const layer = tfl.layers.dense({units, activation, kernelInitializer: normal(2), biasInitializer: normal(3)});
  return tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: HIDDEN,
        activation: 'tanh',
        inputShape: [2],
        kernelInitializer: normal(1),
        name: 'hidden',
      }),
      concreteDropout({layer, rate, trainSize: 12, seed: 4, name: 'last'}),
    ],
  });
}

const last = (model: tfl.LayersModel): ConcreteDropout => model.getLayer('last') as ConcreteDropout;

const valuesOf = async (tensors: readonly tf.Tensor[]): Promise<number[][]> =>
  Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));

/** Outputs of every member under each of the 2^4 masks for each input, with the probability of the pair, from the weights alone. */
async function enumerate(
  model: tfl.LayersModel,
  members: number,
  rate: number,
  x: tf.Tensor,
): Promise<{f: number; probability: number}[][]> {
  const weights = async (name: string): Promise<number[][]> => valuesOf(model.getLayer(name).getWeights());
  const hiddenModel = tfl.model({inputs: model.inputs, outputs: model.getLayer('hidden_outputs').output as never});
  const hidden = hiddenModel.predict(x) as tf.Tensor; // [N M, 4]: each input's rows of the members behind each other
  const rows = Array.from(await hidden.data());
  hidden.dispose();
  const [r = []] = await weights('last_inputs');
  const [s = [], bias = []] = await weights('last_outputs');
  const [, kernel = []] = await weights('last');
  return Array.from({length: x.shape[0] as number}, (_, i) =>
    Array.from({length: members * 2 ** HIDDEN}, (_, pair) => {
      const [m, mask] = [pair % members, Math.floor(pair / members)];
      let [f, probability] = [0, 1 / members];
      for (let unit = 0; unit < HIDDEN; unit++) {
        const kept = (mask >> unit) & 1;
        probability *= kept ? 1 - rate : rate;
        const input = (rows[(i * members + m) * HIDDEN + unit] as number) * (r[m * HIDDEN + unit] as number);
        f += (kept / (1 - rate)) * input * (kernel[unit] as number);
      }
      return {f: f * (s[m] as number) + (bias[m] as number), probability};
    }),
  );
}

describe('memberPosterior with masks', () => {
  before(async () => {
    await initBackend();
  });

  it('averages over members and masks together: the probabilities and entropies of all pairs', async () => {
    const [members, rate, samples] = [2, 0.4, 2000];
    const model = batchEnsemble(net(rate, 1, 'sigmoid'), {members, start: 1.5, seed: 2});
    const x = tf.tensor2d([
      [1, 0.5],
      [-0.3, 2],
    ]);
    const pairs = await enumerate(model, members, rate, x);
    const mean = (g: (p: number) => number): number[] =>
      pairs.map((all) => all.reduce((sum, {f, probability}) => sum + probability * g(1 / (1 + Math.exp(-f))), 0));
    const entropyOf = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    const expected = {probs: mean((p) => p), aleatoric: mean(entropyOf)};
    const posterior = memberPosterior(model, {masks: dropoutMasks(), samples});
    const predictive = await posterior.predict(x);
    if (predictive.kind !== 'bernoulli') throw new TypeError(predictive.kind);
    const {total, aleatoric, epistemic} = predictive.entropy();
    const [probs, ...parts] = await valuesOf([predictive.probs, total, aleatoric, epistemic]);
    for (const i of [0, 1]) {
      const p = expected.probs[i] as number;
      const known = expected.aleatoric[i] as number;
      const slope = Math.log((1 - p) / p); // of the entropy at p
      /** Within four standard errors, when each draw adds g(q). */
      const within = (found: number | undefined, exact: number, g: (q: number) => number): void => {
        const variance = (mean((q) => g(q) ** 2)[i] as number) - (mean(g)[i] as number) ** 2;
        expect(Math.abs((found as number) - exact)).to.be.at.most(4 * Math.sqrt(variance / samples));
      };
      within(probs?.[i], p, (q) => q);
      within(parts[0]?.[i], entropyOf(p), (q) => slope * q);
      within(parts[1]?.[i], known, entropyOf);
      within(parts[2]?.[i], entropyOf(p) - known, (q) => slope * q - entropyOf(q));
      expect(entropyOf(p) - known, 'epistemic').to.be.above(0.02);
    }
    tf.dispose([x, total, aleatoric, epistemic]);
    predictive.dispose();
    posterior.dispose();
  });

  it('of one member with factors of one has the mean and variance of mcDropout', async () => {
    const old = net(0.4);
    const x = inputs();
    const samples = 600;
    const posterior = memberPosterior(batchEnsemble(old, {members: 1}), {...gaussian, masks: dropoutMasks()});
    const draws = [posterior, mcDropout(old, gaussian)].map((one) => one.sampleOutputs(x, {samples}));
    const [ours, theirs] = (await Promise.all(draws)).map((one) => {
      const {mean, variance} = tf.moments(one, 0);
      one.dispose();
      return valuesOf([mean, variance]).finally(() => tf.dispose([mean, variance]));
    });
    const [mean = [], variance = []] = (await ours) ?? [];
    const [otherMean = [], otherVariance = []] = (await theirs) ?? [];
    for (const [i, value] of mean.entries()) {
      const deviation = Math.sqrt(((variance[i] as number) + (otherVariance[i] as number)) / samples);
      expect(Math.abs(value - (otherMean[i] as number))).to.be.at.most(4 * deviation);
    }
    closeTo(variance, otherVariance, {rtol: 0.3});
    expect(Math.min(...variance)).to.be.above(1e-3);
    posterior.dispose();
    x.dispose();
  });

  it('at a rate near 0 gives what the members give without', async () => {
    const model = batchEnsemble(net(1e-6, 3, 'softmax'), {members: 3, start: 'signs'});
    const x = inputs();
    const posteriors = [{}, {masks: dropoutMasks(), samples: 3}].map((options) => memberPosterior(model, options));
    const predictives = await Promise.all(posteriors.map((one) => one.predict(x)));
    const [plain, masked] = await valuesOf(predictives.map((one) => (one as {probs: tf.Tensor}).probs));
    closeTo(masked as number[], plain as number[], {rtol: 1e-4});
    for (const one of [...predictives, ...posteriors]) one.dispose();
    x.dispose();
  });

  it('draws by seed, whatever the batches; with fixedMasks one function, else each input has masks of its own', async () => {
    const models = {
      factors: batchEnsemble(net(0.4, 2), {members: 3, start: 0.5}),
      'Gaussian factors': rankOneEnsemble(net(0.4, 2), {members: 3, trainSize: 12, initialScale: 0.3}),
    };
    const x = tf.tile(tf.ones([1, 2]), [7, 1]);
    for (const [name, model] of Object.entries(models)) {
      for (const fixedMasks of [false, true]) {
        const posterior = memberPosterior(model, {...gaussian, masks: dropoutMasks({fixedMasks})});
        const draw = async (seed: number, batchSize: number): Promise<number[][][]> => {
          const options = {samples: 7, batchSize, rng: createRng(seed)};
          const outputs = await posterior.sampleOutputs(x, options);
          const values = (await outputs.array()) as number[][][];
          outputs.dispose();
          return values;
        };
        const draws = await draw(1, 7);
        expect(draws.length, name).to.equal(7);
        closeTo((await draw(1, 3)).flat(2), draws.flat(2), {rtol: 1e-4, atol: 1e-6});
        expect((await draw(2, 7)).flat(2)).to.not.deep.equal(draws.flat(2));
        const distinct = draws.map((rows) => new Set(rows.map((row) => row.map((f) => f.toFixed(4)).join())).size);
        if (fixedMasks) expect(Math.max(...distinct), name).to.equal(1);
        else expect(Math.min(...distinct), name).to.be.above(1);
        posterior.dispose();
      }
    }
    x.dispose();
  });

  it('finds all kinds of dropout in members, refuses a model without, and leaves nothing behind', async () => {
    const x = tf.randomNormal([5, 3, 2], 0, 1, 'float32', 1);
    const model = batchEnsemble(
      tfl.sequential({
        layers: [
          tfl.layers.gru({units: 3, dropout: 0.2, recurrentDropout: 0.3, inputShape: [3, 2], name: 'steps'}),
          learnedGaussianDropout({trainSize: 10}),
          dropConnect({layer: tfl.layers.dense({units: 4, activation: 'relu'}), rate: 0.2, name: 'connect'}),
          tfl.layers.dropout({rate: 0.5}),
          tfl.layers.dense({units: 2, name: 'end'}),
        ],
      }),
      {members: 2, layers: ['connect', 'end']},
    );
    const run = async (batchSize: number): Promise<number[]> => {
      const posterior = memberPosterior(model, {...gaussian, masks: dropoutMasks()});
      const draws = await posterior.sampleOutputs(x, {samples: 4, batchSize});
      const values = Array.from(await draws.data());
      draws.dispose();
      posterior.dispose();
      return values;
    };
    const all = await expectNoLeak(() => run(5));
    closeTo(await run(2), all, {rtol: 1e-3, atol: 1e-5});
    const without = batchEnsemble(
      tfl.sequential({layers: [tfl.layers.dense({units: 2, activation: 'softmax', inputShape: [2]})]}),
      {members: 2},
    );
    await expectNoLeak(() => {
      expect(() => memberPosterior(without, {masks: dropoutMasks()})).to.throw(
        ConfigError,
        /memberPosterior: .*dropout/,
      );
    });
    x.dispose();
  });

  it('is saved with the name of its masks, and with a model that goes on to be trained', async () => {
    const model = batchEnsemble(net(0.4, 3, 'softmax'), {members: 2, start: 'signs'});
    const x = inputs();
    const posterior = memberPosterior(model, {masks: dropoutMasks({fixedMasks: true}), samples: 8});
    const outputs = async (one: Pick<typeof posterior, 'sampleOutputs'>): Promise<number[]> => {
      const draws = await one.sampleOutputs(x, {samples: 5, rng: createRng(1)});
      const values = Array.from(await draws.data());
      draws.dispose();
      return values;
    };
    const before = await outputs(posterior);
    let saved: tf.io.ModelArtifacts | undefined;
    await posterior.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      }),
    );
    const twin = await reloaded(model);
    last(model).setWeights(
      last(model)
        .getWeights()
        .map((weight) => tf.mul(weight, 2)),
    );
    closeTo(await outputs(posterior), before, {rtol: 0});
    const loaded = await loadPosterior(tf.io.fromMemory(saved as tf.io.ModelArtifacts), {model: twin});
    closeTo(await outputs(loaded), before, {rtol: 0});
    const predictive = await loaded.predict(x, {keepMembers: true});
    expect((predictive as {memberProbs?: tf.Tensor}).memberProbs?.shape).to.deep.equal([8, 12, 3]);
    for (const one of [posterior, loaded, predictive]) one.dispose();
    x.dispose();
  });
});

describe('batchEnsemble of layers with learned dropout', () => {
  before(async () => {
    await initBackend();
  });

  it("starts at the old model's predictions, and gives the layer inside members' factors and biases", async () => {
    const wrapped = (layer: tfl.layers.Layer): tfl.layers.Layer => concreteDropout({layer, trainSize: 12, rate: 0.3});
    const image = tfl.sequential({
      layers: [
        wrapped(
          tfl.layers.conv2d({
            filters: 3,
            kernelSize: 3,
            activation: 'relu',
            kernelInitializer: normal(1),
            inputShape: [6, 6, 2],
          }),
        ),
        tfl.layers.flatten(),
        dropConnect({layer: tfl.layers.dense({units: 3, activation: 'softmax', useBias: false}), rate: 0.1}),
      ],
    });
    for (const [old, given] of [
      [net(0.2, 3, 'softmax'), inputs()],
      [net(0.2, 1, 'sigmoid'), inputs()],
      [image, images()],
    ] as const) {
      const before = await predictions(old, given);
      await sameAs(batchEnsemble(old, {members: 3}), given, before);
      const [first] = old.layers as [tfl.layers.Layer];
      await sameAs(batchEnsemble(old, {members: 3, layers: [first.name]}), given, before);
      closeTo(await predictions(old, given), before, {rtol: 0});
      given.dispose();
    }
    const model = batchEnsemble(net(0.2, 3, 'softmax'), {members: 3});
    expect(last(model).weights.map(({shape}) => shape)).to.deep.equal([[1], [HIDDEN, 3]]);
    expect(model.getLayer('last_outputs').weights.map(({shape}) => shape)).to.deep.equal([
      [3, 3],
      [3, 3],
    ]);
    expect(model.getLayer('mean_of_members').getConfig().activation).to.equal('softmax');
  });

  it('pays the divergence of the shared kernel once', async () => {
    const [old, model] = [net(0.2), batchEnsemble(net(0.2), {members: 3})];
    const losses = [last(old), model].map((one) => one.calculateLosses());
    const [before = [], now = []] = await Promise.all(losses.map(async (one) => (await valuesOf(one)).flat()));
    const divergence = last(old).divergence();
    expect(now.length).to.equal(1);
    closeTo(now, before, {rtol: 1e-6});
    closeTo(now, [((await divergence.data())[0] as number) / 12], {rtol: 1e-6});
    const [x, y] = [inputs(), tf.zeros([12, 1])];
    model.compile({optimizer: tf.train.sgd(1e-12), loss: () => tf.scalar(0)});
    closeTo([(await model.trainOnBatch(x, y)) as number], now, {rtol: 1e-5});
    tf.dispose([...losses.flat(), divergence, x, y]);
  });

  it('trains rates, factors, kernels and biases together by fit', async () => {
    const model = batchEnsemble(net(0.2, 3, 'softmax'), {members: 2, start: 'signs'});
    const [x, y] = [inputs(), tf.tensor1d(Array.from({length: 12}, (_, i) => i % 3))];
    model.compile({optimizer: tf.train.adam(0.02), loss: 'sparseCategoricalCrossentropy'});
    const before = await valuesOf(model.getWeights());
    const {history} = await model.fit(x, y, {epochs: 20, batchSize: 12, shuffle: false, verbose: 0});
    const after = await valuesOf(model.getWeights());
    expect(before.length).to.equal(9); // two kernels, four factors, two biases and the rate
    tf.dispose([x, y]);
    expect(history.loss?.length).to.equal(20);
    for (const [i, values] of after.entries()) {
      for (const [j, value] of values.entries()) expect(value, model.weights[i]?.name).to.not.equal(before[i]?.[j]);
    }
    const loaded = await reloaded(model);
    closeTo((await valuesOf(loaded.getWeights())).flat(), after.flat(), {rtol: 0});
  });
});
