import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {inverse, Matrix} from 'ml-matrix';
import {laplace} from '../../laplace/index.ts';
import {evaluate} from '../../src/evaluation/index.ts';
import {poisson} from '../../src/likelihoods/index.ts';
import type {CountPredictive} from '../../src/predictive/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';

const EXAMPLES = 60;
const PRIOR = 0.5;

/** log rate = 1 + 0.8 x, counts drawn from it, and the model that knows it. */
function problem() {
  const rng = createRng(3);
  const inputs = Array.from(rng.normals(EXAMPLES), Math.fround);
  const x = tf.tensor2d(inputs, [EXAMPLES, 1]);
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
  const y = tf.tidy(() => {
    model.setWeights([tf.tensor2d([[0.8]]), tf.tensor1d([1])]);
    return poisson().sample(model.predict(x) as tf.Tensor, rng);
  });
  return {model, x, y, inputs};
}

describe('laplace of counts', () => {
  it('has the precision sum_n rate_n [x 1]^T [x 1] + prior, whichever weights it is over', async () => {
    const {model, x, y, inputs} = problem();
    const precision = Matrix.eye(2).mul(PRIOR);
    for (const value of inputs) {
      const row = Matrix.rowVector([value, 1]);
      precision.add(
        row
          .transpose()
          .mmul(row)
          .mul(Math.exp(1 + 0.8 * value)),
      );
    }
    const covariance = inverse(precision);
    for (const weights of ['last-layer', 'all'] as const) {
      const posterior = await laplace(model, {
        likelihood: 'poisson',
        weights,
        structure: 'full',
        priorPrecision: PRIOR,
      }).fit(x, y, {batchSize: 17});
      closeTo(posterior.weightVariances(), covariance.diagonal(), {rtol: 1e-5});
      const at = tf.tensor2d([[2]]);
      const predictive = (await posterior.predict(at)) as CountPredictive;
      const row = Matrix.rowVector([2, 1]);
      const variance = row.mmul(covariance).mmul(row.transpose()).get(0, 0);
      closeTo(await predictive.mean.data(), [Math.exp(2.6 + variance / 2)], {rtol: 1e-5});
      tf.dispose(at);
      predictive.dispose();
      posterior.dispose();
    }
    tf.dispose([x, y]);
  });

  it('is evaluated: log score, CRPS, intervals that hold the counts', async () => {
    const {model, x, y} = problem();
    const posterior = await laplace(model, {likelihood: 'poisson'}).fit(x, y);
    await posterior.tune();
    const predictive = (await posterior.predict(x)) as CountPredictive;
    const logProb = predictive.logProb(y);
    const expected = -Array.from(await logProb.data()).reduce((sum, value) => sum + value, 0) / EXAMPLES;
    const evaluation = await evaluate(posterior, {test: {x, y}});
    if (evaluation.kind !== 'regression') throw new TypeError(evaluation.kind);
    const {scores} = evaluation.test;
    closeTo([scores.negativeLogLikelihood], [expected], {rtol: 1e-5});
    expect(scores.crps).to.be.within(0.5, 1.5);
    closeTo([scores.coverage90], [0.9], {atol: 4 * Math.sqrt(0.09 / EXAMPLES)});
    expect(scores.width90).to.be.above(scores.width50);
    predictive.dispose();
    posterior.dispose();
    tf.dispose([x, y, logProb]);
  });
});
