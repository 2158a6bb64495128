import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../../laplace/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {bernoulli, categorical, gaussian, type Likelihood} from '../../../src/likelihoods/index.ts';
import {mixture, type Posterior, pointEstimate} from '../../../src/posterior/index.ts';
import type {
  CategoricalPredictive,
  LatentDraws,
  LatentGaussian,
  MixturePredictive,
} from '../../../src/predictive/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

/** A posterior that always predicts from these outputs. */
function fixed(likelihood: Likelihood, latent: () => LatentGaussian | LatentDraws): Posterior {
  return {
    likelihood,
    predict: async (_, options) => {
      const given = latent();
      const predictive = likelihood.predictive(given, options);
      tf.dispose({...given});
      return predictive;
    },
    sampleOutputs: async (_, {samples}) =>
      tf.tidy(() => tf.fill([samples, 1, 1], (latent() as LatentGaussian).mean.size)),
    save: async () => ({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON' as const}}),
    dispose: () => {},
  };
}

const logits =
  (p: number[]): (() => LatentGaussian) =>
  () => ({mean: tf.tensor2d([p.map(Math.log)])});
describe('mixture', () => {
  let x: tf.Tensor;
  before(() => {
    x = tf.zeros([1, 1]);
  });
  after(() => x.dispose());

  it('splits the entropy of classes: total, aleatoric and mutual information', async () => {
    await expectNoLeak(async () => {
      const members = [
        [0.9, 0.1],
        [0.5, 0.5],
        [0.1, 0.9],
      ].map((p) => fixed(categorical(), logits(p)));
      const predictive = (await mixture(members).predict(x, {keepMembers: true})) as CategoricalPredictive;
      const {entropy} = await predictive.toArrays();
      closeTo([...entropy.total], [Math.LN2], {rtol: 1e-6});
      closeTo([...entropy.aleatoric], [0.447771], {rtol: 1e-6});
      closeTo([...entropy.epistemic], [0.2453761], {rtol: 1e-6});
      closeTo(await (predictive.memberProbs as tf.Tensor).data(), [0.9, 0.1, 0.5, 0.5, 0.1, 0.9], {rtol: 1e-6});
      predictive.dispose();
    });
  });

  it('weighs probabilities of yes-or-no outputs', async () => {
    const members = [2, -1].map((f) => fixed(bernoulli(), () => ({mean: tf.tensor2d([[f]])})));
    const predictive = await mixture(members, [1, 3]).predict(x);
    const sigmoid = (f: number): number => 1 / (1 + Math.exp(-f));
    const expected = 0.25 * sigmoid(2) + 0.75 * sigmoid(-1);
    if (predictive.kind !== 'bernoulli') throw new Error(predictive.kind);
    closeTo(await predictive.probs.data(), [expected], {rtol: 1e-6});
    closeTo(await predictive.logComplements.data(), [Math.log(1 - expected)], {rtol: 1e-6});
    expect(predictive.memberProbs).to.equal(undefined);
    predictive.dispose();
  });

  it("mixes densities of numbers, and counts each part's own doubt as epistemic", async () => {
    await expectNoLeak(async () => {
      const one = fixed(gaussian({noiseScale: 0.5}), () => ({
        mean: tf.tensor2d([[1]]),
        variance: tf.tensor2d([[0.36]]),
      }));
      const two = fixed(gaussian({noiseScale: 1}), () => ({draws: tf.tensor3d([[[2]], [[4]]])}));
      const predictive = (await mixture([one, two], [1, 2]).predict(x)) as MixturePredictive;
      const [weights, means, variances] = [[1, 1, 1].map((w) => w / 3), [1, 2, 4], [0.61, 1, 1]];
      const density = weights.reduce(
        (sum, w, k) =>
          sum +
          (w * Math.exp(-0.5 * ((2.5 - (means[k] as number)) ** 2 / (variances[k] as number)))) /
            Math.sqrt(2 * Math.PI * (variances[k] as number)),
        0,
      );
      const y = tf.tensor2d([[2.5]]);
      const logProb = predictive.logProb(y);
      closeTo(await logProb.data(), [Math.log(density)], {rtol: 1e-5});
      const {epistemicVariance, aleatoricVariance} = await predictive.toArrays();
      closeTo([...aleatoricVariance.data], [(0.25 + 1 + 1) / 3], {rtol: 1e-6});
      closeTo([...epistemicVariance.data], [14 / 9 + 0.36 / 3], {rtol: 1e-6});
      predictive.dispose();
      tf.dispose([y, logProb]);
    });
  });

  it('joins real methods and architectures: parts of the entropy add up, draws come from each by its weight', async () => {
    const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 1, seed});
    const shallow = tfl.sequential({
      layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax', kernelInitializer: normal(1)})],
    });
    const deep = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [2], activation: 'tanh', kernelInitializer: normal(2)}),
        tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: normal(3)}),
      ],
    });
    const [inputs, y] = [tf.randomNormal([6, 2], 0, 1, 'float32', 4), tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32')];
    await expectNoLeak(async () => {
      const posterior = mixture([await laplace(deep).fit(inputs, y), pointEstimate(shallow)], [1, 1]);
      const [predictive, again] = [await posterior.predict(inputs), await posterior.predict(inputs, {batchSize: 2})];
      if (predictive.kind !== 'categorical' || again.kind !== 'categorical') throw new Error(predictive.kind);
      closeTo(await again.probs.data(), await predictive.probs.data(), {rtol: 1e-5});
      const {entropy} = await predictive.toArrays();
      closeTo(
        Array.from(entropy.aleatoric, (a, i) => a + (entropy.epistemic[i] as number)),
        entropy.total,
        {rtol: 1e-6},
      );
      expect(Math.min(...entropy.epistemic)).to.be.above(0.001);

      const draws = await posterior.sampleOutputs(inputs, {samples: 200, rng: createRng(1)});
      expect(draws.shape).to.deep.equal([200, 6, 3]);
      const plain = await pointEstimate(shallow).sampleOutputs(inputs, {samples: 1});
      const same = tf.tidy(() => tf.sum(tf.cast(tf.less(tf.max(tf.abs(tf.sub(draws, plain)), [1, 2]), 1e-6), 'int32')));
      closeTo((await same.data())[0] as number, 100, {atol: 3 * Math.sqrt(50)});
      predictive.dispose();
      again.dispose();
      tf.dispose([draws, plain, same]);
      posterior.dispose();
    });
    tf.dispose([inputs, y]);
    shallow.dispose();
    deep.dispose();
  });

  it('refuses what cannot be mixed, and says how it is saved', async () => {
    const classes = fixed(categorical(), logits([0.5, 0.5]));
    expect(() => mixture([])).to.throw(ConfigError, 'at least one posterior');
    expect(() => mixture([classes, fixed(bernoulli(), () => ({mean: tf.zeros([1, 1])}))])).to.throw(
      ConfigError,
      "'categorical' and 'bernoulli'",
    );
    expect(() => mixture([classes], [0])).to.throw(ConfigError, 'positive weights');
    expect(() => mixture([classes], [1, 1])).to.throw(ConfigError, 'expected 1 positive weights');
    await expectRejection(mixture([classes]).save('file'), ConfigError, /Save each of its posteriors/);
  });
});
