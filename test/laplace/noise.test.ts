import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../laplace/index.ts';
import {ConfigError, DataError} from '../../src/errors.ts';
import {gaussian, type Likelihood} from '../../src/likelihoods/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';

const EXAMPLES = 50;

/** y = f(x) + residuals of this size around a Dense layer whose outputs are small exact fractions, with their squares' sum. */
function problem(size: number) {
  const rng = createRng(2);
  const x = Array.from({length: EXAMPLES}, (_, i) => ((i % 7) - 3) / 4);
  const f = x.map((value) => value / 2);
  const y = f.map((value) => Math.fround(value + size * (rng.normals(1)[0] as number)));
  const sumOfSquares = y.reduce((sum, value, i) => sum + (value - (f[i] as number)) ** 2, 0);
  const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1], useBias: false})]});
  tf.tidy(() => model.setWeights([tf.tensor2d([[0.5]])]));
  return {model, x: tf.tensor2d(x, [EXAMPLES, 1]), y: tf.tensor2d(y, [EXAMPLES, 1]), sumOfSquares};
}

/** p(y | f) = Cauchy(y; f, noiseScale): heavy tails, noise, nothing Gaussian. */
function cauchy(noiseScale: number): Likelihood {
  const negLogProb = (f: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const one = tf.log1p(tf.square(tf.div(tf.sub(y, f), noiseScale)));
      return tf.sum(tf.add(one, Math.log(Math.PI * noiseScale)), -1);
    });
  const {squaredResiduals: _, ...rest} = gaussian({noiseScale: Math.SQRT2 * noiseScale}); // the Cauchy Fisher: 1 / (2 scale^2)
  return {
    ...rest,
    name: 'cauchy',
    noiseScale,
    withNoiseScale: cauchy,
    negLogProb,
    getConfig: () => ({name: 'cauchy', noiseScale}),
  };
}

describe('laplace and observation noise', () => {
  for (const size of [1, 3e-4, 1e-5]) {
    it(`estimates residuals of ${size} and their likelihood`, async () => {
      const {model, x, y, sumOfSquares} = problem(size);
      const posterior = await laplace(model, {likelihood: 'gaussian'}).fit(x, y, {batchSize: 20});
      const noise = Math.sqrt(sumOfSquares / EXAMPLES);
      closeTo([posterior.noiseScale as number], [noise], {rtol: 1e-5});
      closeTo([posterior.logLikelihood()], [-EXAMPLES * (0.5 + Math.log(noise * Math.sqrt(2 * Math.PI)))], {
        rtol: 1e-6,
      });
      posterior.dispose();
      model.dispose();
      tf.dispose([x, y]);
    });
  }

  it('asks for the noise where the model fits exactly', async () => {
    const {model, x, y} = problem(0);
    await expectNoLeak(() =>
      expectRejection(
        laplace(model, {likelihood: 'gaussian'}).fit(x, y),
        DataError,
        /laplace.fit: expected residuals.*got a model that fits y exactly. Pass noiseScale/,
      ),
    );
    const posterior = await laplace(model, {likelihood: 'gaussian', noiseScale: 0.1}).fit(x, y);
    expect(posterior.noiseScale).to.equal(0.1);
    posterior.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });

  it('divides the misfit alone of a Gaussian likelihood by the temperature, and all of another', async () => {
    const {model, x, y, sumOfSquares} = problem(0.3);
    const options = {temperature: 0.5, noiseScale: 0.2};
    const posterior = await laplace(model, {likelihood: 'gaussian', ...options}).fit(x, y);
    const constant = EXAMPLES * Math.log(0.2 * Math.sqrt(2 * Math.PI));
    closeTo([posterior.logLikelihood()], [-sumOfSquares / (2 * 0.04 * 0.5) - constant], {rtol: 1e-6});
    posterior.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });

  it('fits a likelihood with noise that is not Gaussian at the noise that it has', async () => {
    const {model, x, y} = problem(0.3);
    const likelihood = cauchy(0.2);
    const posterior = await laplace(model, {likelihood, temperature: 0.5, priorPrecision: 2}).fit(x, y, {
      batchSize: 20,
    });
    const [inputs, targets] = [await x.data(), await y.data()];
    let logLikelihood = 0;
    let curvature = 0;
    inputs.forEach((value, i) => {
      logLikelihood -= Math.log(Math.PI * 0.2) + Math.log1p((((targets[i] as number) - value / 2) / 0.2) ** 2);
      curvature += value ** 2 / (2 * 0.2 ** 2);
    });
    closeTo([posterior.logLikelihood()], [logLikelihood / 0.5], {rtol: 1e-6});
    closeTo(posterior.weightVariances(), [1 / (curvature / 0.5 + 2)], {rtol: 1e-6});
    expect(() => posterior.logMarginalLikelihood({noiseScale: 0.3})).to.throw(
      ConfigError,
      'expected the noiseScale of the fit, 0.2, got 0.3',
    );
    closeTo([posterior.logMarginalLikelihood({noiseScale: 0.2})], [posterior.logMarginalLikelihood()]);
    await expectRejection(posterior.tune({noise: true}), ConfigError, /expected a Gaussian likelihood with noise/);
    await posterior.tune();
    posterior.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });
});
