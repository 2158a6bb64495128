import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {selectGreedily} from '../../../ensembles/data-side/greedy-selection.ts';
import {type HyperMemberContext, hyperEnsemble} from '../../../ensembles/index.ts';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {categorical} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const inputs = (): tf.Tensor => tf.randomNormal([40, 2], 0, 1, 'float32', 5);

/** Classes that a line through the origin parts. */
function labels(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'));
}

function create({configuration, rng}: HyperMemberContext<number>): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotNormal({seed: Math.floor((rng.uniforms(1)[0] as number) * 1e9)});
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: 2, inputShape: [2], activation: 'softmax', kernelInitializer})],
  });
  model.compile({optimizer: tf.train.sgd(configuration), loss: 'categoricalCrossentropy'});
  return model;
}

function createLine({configuration}: HyperMemberContext<number>): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: 1, inputShape: [1], kernelInitializer: 'zeros'})],
  });
  model.compile({optimizer: tf.train.sgd(configuration), loss: 'meanSquaredError'});
  return model;
}

describe('hyperEnsemble', () => {
  it('chooses with replacement what lowers the negative log-likelihood of the mixture', async () => {
    // Members 0 and 1 are each sure of one example and wrong on the other; 2 knows nothing; 3 repeats 0.
    const [sure, wrong] = [3, -1];
    const rows = [
      [sure, wrong],
      [wrong, sure],
      [0, 0],
      [sure, wrong],
    ];
    const draws = tf.tensor3d(rows.map((logits) => logits.map((logit) => [logit, 0])));
    const y = tf.tensor2d([
      [1, 0],
      [1, 0],
    ]);
    const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));
    await expectNoLeak(async () => {
      const {selected, negativeLogLikelihood} = await selectGreedily(() => categorical(), draws, y, 3);
      // 0 is better alone than 2; with it 1 helps most, and then nothing does.
      const alone = (logits: number[]): number =>
        logits.reduce((sum, logit) => sum - Math.log(probability(logit)) / 2, 0);
      expect(alone([sure, wrong])).to.be.below(alone([0, 0]));
      expect(selected.slice(0, 2)).to.deep.equal([0, 1]);
      closeTo(negativeLogLikelihood, -Math.log((probability(sure) + probability(wrong)) / 2), {rtol: 1e-5});
      expect(selected).to.deep.equal([0, 1]);
    });
    tf.dispose([draws, y]);
  });

  it('leaves out configurations that learn nothing, and trains the chosen ones from more seeds', async () => {
    const x = inputs();
    const y = labels(x);
    await expectNoLeak(async () => {
      const how = {epochs: 3, batchSize: 10, validationData: [x, y]} as const;
      const options = {create, configurations: [1e-7, 0.5, 1e-6, 0.4], members: 2, rng: createRng(1)};
      const once = await hyperEnsemble(options).fit(x, y, how);
      expect(once.configurations.every((rate) => rate > 0.1)).to.equal(true);
      expect(once.posterior.size).to.equal(once.configurations.length);
      const predictive = await once.posterior.predict(x);
      const score = tf.tidy(() => tf.neg(tf.mean(predictive.logProb(y))));
      closeTo(once.negativeLogLikelihood as number, (await score.data())[0] as number, {rtol: 1e-5});
      const twice = await hyperEnsemble({...options, seeds: 2}).fit(x, y, how);
      expect(twice.configurations.every((rate) => rate > 0.1)).to.equal(true);
      const [one, other] = [once, twice].map(({posterior}) => posterior.members[0]?.[0] as tf.Tensor);
      expect(Array.from(await (one as tf.Tensor).data())).to.not.deep.equal(
        Array.from(await (other as tf.Tensor).data()),
      );
      predictive.dispose();
      score.dispose();
      once.posterior.dispose();
      twice.posterior.dispose();
    });
    tf.dispose([x, y]);
  });

  it('passes over members without a finite score, and says where none has one', async () => {
    const draws = tf.tensor3d([[[Number.NaN, 0]], [[3, 0]], [[Number.NaN, 0]]]);
    const y = tf.tensor2d([[1, 0]]);
    const {selected} = await selectGreedily(() => categorical(), draws, y, 2);
    expect([...new Set(selected)]).to.deep.equal([1]);
    const x = inputs();
    const [classes, poisoned] = [labels(x), tf.tidy(() => tf.div(x, tf.zerosLike(x)))];
    await expectNoLeak(async () => {
      const options = {create, configurations: [0.1, 0.2], members: 2};
      const validationData = [poisoned, classes] as const;
      await expectRejection(
        hyperEnsemble(options).fit(x, classes, {validationData}),
        DataError,
        /finite likelihood of some member on validationData/,
      );
    });
    tf.dispose([draws, y, x, classes, poisoned]);
  });

  it('takes the noise of the members that it chooses, and not of the whole pool', async () => {
    const x = tf.tidy(() => tf.reshape(tf.linspace(-1, 1, 40), [40, 1]));
    const y = tf.mul(x, 3);
    await expectNoLeak(async () => {
      const options = {create: createLine, configurations: [0.3, 1e-9, 1e-9, 1e-9], members: 1, rng: createRng(3)};
      const {posterior, configurations, negativeLogLikelihood} = await hyperEnsemble({
        ...options,
        likelihood: 'gaussian',
      }).fit(x, y, {epochs: 6, batchSize: 10, validationData: [x, y]});
      expect(configurations).to.deep.equal([0.3]);
      const predictive = await posterior.predict(x);
      if (predictive.kind !== 'mixture') throw new TypeError(predictive.kind);
      const meanSquare = tf.tidy(() => tf.mean(tf.square(tf.sub(predictive.mean, y))));
      const noise = Math.sqrt((await meanSquare.data())[0] as number);
      expect(noise).to.be.below(0.3);
      closeTo(posterior.likelihood.noiseScale as number, noise, {rtol: 1e-4});
      // The mean squared error is the variance here, which leaves 1/2.
      const expected = Math.log(noise) + Math.log(2 * Math.PI) / 2 + 0.5;
      closeTo(negativeLogLikelihood as number, expected, {rtol: 1e-3, atol: 1e-3});
      tf.dispose(meanSquare);
      predictive.dispose();
      posterior.dispose();
      const fixed = hyperEnsemble({...options, likelihood: 'gaussian', noiseScale: 0.7});
      const given = await fixed.fit(x, y, {validationData: [x, y]});
      expect(given.posterior.likelihood.noiseScale).to.equal(0.7);
      given.posterior.dispose();
    });
    tf.dispose([x, y]);
  });

  it('takes up the checkpoints of the same configurations only', async () => {
    const x = inputs();
    const y = labels(x);
    const saved = new Map<number, tf.io.ModelArtifacts>();
    const checkpoints = (member: number): tf.io.IOHandler => ({
      save: async (artifacts) => {
        saved.set(member, artifacts);
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
      },
      load: async () => {
        const artifacts = saved.get(member);
        if (artifacts === undefined) throw new Error('not saved');
        return artifacts;
      },
    });
    await expectNoLeak(async () => {
      const resumed: boolean[] = [];
      const train = async (configurations: readonly number[]): Promise<void> => {
        resumed.length = 0;
        const onProgress = (progress: {resumed: boolean}): void => void resumed.push(progress.resumed);
        const options = {create, configurations, members: 2, rng: createRng(1)};
        (await hyperEnsemble(options).fit(x, y, {validationData: [x, y], checkpoints, onProgress})).posterior.dispose();
      };
      await train([0.5, 0.1]);
      await train([0.5, 0.1, 0.2]); // more of them
      expect(resumed).to.deep.equal([true, true, false]);
      await expectRejection(
        train([0.5, 0.3]),
        ConfigError,
        /another one's at of member 1: .* or configurations differ/,
      );
    });
    const cyclic: {self?: unknown} = {};
    cyclic.self = cyclic;
    const odd = hyperEnsemble({
      create: () => create({configuration: 1, member: 0, rng: createRng(1)}),
      configurations: [cyclic],
    });
    await expectRejection(odd.fit(x, y, {validationData: [x, y], checkpoints}), ConfigError, /that JSON can hold/);
    tf.dispose([x, y]);
  });

  it('keeps random configurations without a choice', async () => {
    const x = inputs();
    const y = labels(x);
    const draw = (rng: {uniforms(n: number): Float64Array}): number => rng.uniforms(1)[0] as number;
    await expectNoLeak(async () => {
      const options = {create, configurations: draw, members: 3, selection: 'random', rng: createRng(2)} as const;
      const {posterior, configurations, negativeLogLikelihood} = await hyperEnsemble(options).fit(x, y);
      expect(posterior.size).to.equal(3);
      expect(negativeLogLikelihood).to.equal(undefined);
      const stream = createRng(2).fork('configurations');
      expect(configurations).to.deep.equal([0, 1, 2].map((trial) => draw(stream.fork(trial))));
      posterior.dispose();
    });
    await expectRejection(hyperEnsemble({create, configurations: draw}).fit(x, y), ConfigError, /validationData/);
    expect(() => hyperEnsemble({create, configurations: []})).to.throw(ConfigError, 'at least one configuration');
    expect(() => hyperEnsemble({create, configurations: draw, seeds: 0})).to.throw(ConfigError, 'seeds');
    const selection = 'best' as 'greedy';
    expect(() => hyperEnsemble({create, configurations: draw, selection})).to.throw(ConfigError, "got 'best'");
    tf.dispose([x, y]);
  });
});
