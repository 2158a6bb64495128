import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {inverse, Matrix} from 'ml-matrix';
import {type Laplace, laplace} from '../../laplace/index.ts';
import {normalTensor, uniformTensor} from '../../src/backend/index.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {gaussian, type Likelihood, registerLikelihood} from '../../src/likelihoods/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {savedArtifacts} from '../support/saved-artifacts.ts';

/**
 * Waiting times with rate e^f, p(y | f) = e^f exp(-e^f y), made of nothing but what Likelihood requires: no root, no sums, no
 * diagonal of the Fisher, which is 1 whatever f is. Predicts the log of the mean waiting time, -f.
 */
function waitingTimes(): Likelihood {
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.sum(tf.sub(tf.mul(tf.exp(f), y), f), -1));
  return {
    name: 'waiting-times',
    prepareTargets: async (y, outputShape) => tf.reshape(y, outputShape),
    negLogProb,
    loss: (yTrue, yPred) => tf.tidy(() => tf.mean<tf.Scalar>(negLogProb(yPred, yTrue))),
    fisher: (f) => tf.tidy(() => tf.mul(tf.onesLike(tf.expandDims(f, -1)), tf.eye(f.shape.at(-1) as number))),
    fisherProduct: (_f, v) => tf.clone(v),
    sample: (f, rng) => tf.tidy(() => tf.div(tf.neg(tf.log1p(tf.neg(uniformTensor(rng, f.shape)))), tf.exp(f))),
    predictive: (latent, options) => {
      const times = gaussian({noiseScale: 1e-3});
      const negative = tf.neg('draws' in latent ? latent.draws : latent.mean);
      const predictive =
        'draws' in latent
          ? times.predictive({draws: negative}, options)
          : times.predictive({...latent, mean: negative}, options);
      negative.dispose();
      return predictive;
    },
    getConfig: () => ({name: 'waiting-times'}),
  };
}

const EXAMPLES = 25;
const PRIOR = 0.4;

function problem() {
  const rng = createRng(6);
  const x = normalTensor(rng, [EXAMPLES, 2]) as tf.Tensor2D;
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [2], useBias: false})]});
  const y = tf.tidy(() => {
    model.setWeights([tf.tensor2d([[0.5, 1], [-1, 0.3]], [2, 2])]); // biome-ignore format: a matrix
    return waitingTimes().sample(model.predict(x) as tf.Tensor, rng);
  });
  return {model, x, y};
}

describe("laplace with a user's own likelihood", () => {
  for (const weights of ['last-layer', 'all'] as const) {
    for (const structure of ['full', 'kron', 'diag', 'low-rank', 'functional'] as const) {
      it(`has the precision X^T X (x) I + prior: ${weights}, ${structure}`, async () => {
        const {model, x, y} = problem();
        const rows = new Matrix((await x.array()) as number[][]);
        const gram = rows.transpose().mmul(rows);
        const kept = structure === 'diag' ? Matrix.diag(gram.diagonal()) : gram;
        const covariance = inverse(kept.add(Matrix.eye(2).mul(PRIOR)));
        await expectNoLeak(async () => {
          const options = {likelihood: waitingTimes(), weights, structure, priorPrecision: PRIOR};
          const posterior = await laplace(model, options).fit(x, y, {batchSize: 7});
          const at = tf.tensor2d([[1, 2]]);
          const predictive = await posterior.predict(at);
          if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
          const point = Matrix.rowVector([1, 2]);
          const variance = point.mmul(covariance).mmul(point.transpose()).get(0, 0);
          closeTo(await predictive.epistemicVariance.data(), [variance, variance], {rtol: 1e-4});
          closeTo(await predictive.mean.data(), [1.5, -1.6], {rtol: 1e-5});
          const before = posterior.logMarginalLikelihood();
          expect((await posterior.tune()).logMarginalLikelihood).to.be.at.least(before);
          predictive.dispose();
          posterior.dispose();
          at.dispose();
        });
        tf.dispose([x, y]);
        model.dispose();
      });
    }
  }

  it('is saved by name, and loaded once it is registered', async () => {
    registerLikelihood('waiting-times', waitingTimes);
    const {model, x, y} = problem();
    const posterior = await laplace(model, {likelihood: 'waiting-times'}).fit(x, y);
    const saved = await savedArtifacts(posterior);
    const loaded = (await loadPosterior(tf.io.fromMemory(saved), {model})) as Laplace;
    expect(loaded.likelihood.name).to.equal('waiting-times');
    closeTo([loaded.logMarginalLikelihood()], [posterior.logMarginalLikelihood()], {rtol: 0});
    for (const one of [posterior, loaded, model]) one.dispose();
    tf.dispose([x, y]);
  });
});
