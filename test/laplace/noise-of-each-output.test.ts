import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {laplace} from '../../laplace/index.ts';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {gaussian} from '../../src/likelihoods/index.ts';
import type {GaussianPredictive} from '../../src/predictive/index.ts';
import {createRng} from '../../src/random/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {savedArtifacts} from '../support/saved-artifacts.ts';

const EXAMPLES = 30;
const NOISE = [0.05, 0.7];
const KERNEL = [
  [0.5, -1],
  [0.25, 2],
];

/** Two inputs, two outputs around a Dense layer, with noise of their own; or one of the outputs alone. */
function problem(outputs: readonly number[]) {
  const rng = createRng(4);
  const x = tf.tensor2d(new Float32Array(rng.normals(2 * EXAMPLES)), [EXAMPLES, 2]);
  const noise = tf.tensor2d(new Float32Array(rng.normals(2 * EXAMPLES)), [EXAMPLES, 2]);
  const model = tfl.sequential({layers: [tfl.layers.dense({units: outputs.length, inputShape: [2]})]});
  const y = tf.tidy(() => {
    const pick = (t: tf.Tensor): tf.Tensor => tf.gather(t, [...outputs], 1);
    const kernel = pick(tf.tensor2d(KERNEL));
    model.setWeights([kernel, tf.zeros([outputs.length])]);
    return tf.add(tf.matMul(x, kernel as tf.Tensor2D), pick(tf.mul(noise, NOISE))) as tf.Tensor2D;
  });
  noise.dispose();
  return {model, x, y, dispose: () => tf.dispose([x, y, model.getWeights()])};
}

async function residualDeviations(x: tf.Tensor, y: tf.Tensor, model: tfl.LayersModel): Promise<number[]> {
  const squares = tf.tidy(() => tf.mean(tf.square(tf.sub(y, model.predict(x) as tf.Tensor)), 0));
  const values = Array.from(await squares.data(), Math.sqrt);
  squares.dispose();
  return values;
}

describe('laplace with noise of each output', () => {
  for (const weights of ['last-layer', 'all'] as const) {
    for (const structure of ['full', 'kron', 'diag'] as const) {
      it(`is one posterior for each output side by side: ${weights}, ${structure}`, async () => {
        const both = problem([0, 1]);
        const options = {weights, structure, likelihood: 'gaussian', priorPrecision: 3} as const;
        await expectNoLeak(async () => {
          const joint = await laplace(both.model, {...options, noiseScale: NOISE}).fit(both.x, both.y, {batchSize: 7});
          const predictive = (await joint.predict(both.x)) as GaussianPredictive;
          const [epistemic, aleatoric] = [predictive.epistemicVariance, predictive.aleatoricVariance];
          let [evidence, logLikelihood] = [0, 0];
          for (const c of [0, 1]) {
            const one = problem([c]);
            const noiseScale = NOISE[c] as number;
            const alone = await laplace(one.model, {...options, noiseScale}).fit(one.x, one.y);
            evidence += alone.logMarginalLikelihood();
            logLikelihood += alone.logLikelihood();
            const single = (await alone.predict(one.x)) as GaussianPredictive;
            const column = tf.slice(epistemic, [0, c], [EXAMPLES, 1]);
            closeTo(await column.data(), await single.epistemicVariance.data(), {rtol: 1e-4});
            const noise = tf.slice(aleatoric, [0, c], [EXAMPLES, 1]);
            closeTo(await noise.data(), new Float32Array(EXAMPLES).fill(noiseScale ** 2), {rtol: 1e-5});
            tf.dispose([column, noise]);
            single.dispose();
            alone.dispose();
            one.dispose();
          }
          closeTo([joint.logLikelihood(), joint.logMarginalLikelihood()], [logLikelihood, evidence], {rtol: 1e-5});
          predictive.dispose();
          joint.dispose();
        });
        both.dispose();
      });
    }
  }

  it('estimates each from its residuals, at every fit, and keeps them through save and load', async () => {
    const {model, x, y, dispose} = problem([0, 1]);
    const expected = await residualDeviations(x, y, model);
    await expectNoLeak(async () => {
      const posterior = laplace(model, {likelihood: 'gaussian', noiseScale: 'per-output'});
      await posterior.fit(x, y, {batchSize: 8});
      closeTo(posterior.likelihood.noiseScales ?? [], expected, {rtol: 1e-5});
      closeTo([posterior.noiseScale as number], [Math.sqrt((expected[0] as number) * (expected[1] as number))], {
        rtol: 1e-5,
      });
      const saved = await savedArtifacts(posterior);
      const loaded = (await loadPosterior(tf.io.fromMemory(saved), {model})) as typeof posterior;
      closeTo(loaded.likelihood.noiseScales ?? [], expected, {rtol: 1e-5});
      const doubled = tf.tidy(() => {
        const f = model.predict(x) as tf.Tensor;
        return tf.add(f, tf.mul(tf.sub(y, f), [[3, 1]]));
      });
      await loaded.fit(x, doubled);
      closeTo(loaded.likelihood.noiseScales ?? [], [3 * (expected[0] as number), expected[1] as number], {rtol: 1e-4});
      doubled.dispose();
      posterior.dispose();
      loaded.dispose();
    });
    dispose();
  });

  it('streams a dataset twice, once for the noise', async () => {
    const {model, x, y, dispose} = problem([0, 1]);
    const expected = await residualDeviations(x, y, model);
    let passes = 0;
    const dataset = {
      iterator: async () => {
        passes++;
        let start = 0;
        return {
          next: async () => {
            if (start === EXAMPLES) return {value: undefined, done: true};
            const value = {xs: tf.slice(x, start, 10), ys: tf.slice(y, start, 10)};
            start += 10;
            return {value, done: false};
          },
        };
      },
    };
    await expectNoLeak(async () => {
      const posterior = await laplace(model, {likelihood: 'gaussian', noiseScale: 'per-output'}).fitDataset(dataset);
      closeTo(posterior.likelihood.noiseScales ?? [], expected, {rtol: 1e-5});
      posterior.dispose();
    });
    expect(passes).to.equal(2);
    dispose();
  });

  it('tunes all together, their ratios staying', async () => {
    const {model, x, y, dispose} = problem([0, 1]);
    const posterior = await laplace(model, {likelihood: 'gaussian', noiseScale: [0.1, 1.4]}).fit(x, y);
    const before = posterior.logMarginalLikelihood();
    const {logMarginalLikelihood, noiseScale} = await posterior.tune({noise: true});
    expect(logMarginalLikelihood).to.be.above(before + 5);
    const [first, second] = posterior.likelihood.noiseScales ?? [];
    closeTo([(second as number) / (first as number)], [14], {rtol: 1e-6});
    closeTo([Math.sqrt((first as number) * (second as number))], [noiseScale as number], {rtol: 1e-6});
    for (const factor of [0.98, 1.02]) {
      expect(posterior.logMarginalLikelihood({noiseScale: (noiseScale as number) * factor})).to.be.below(
        logMarginalLikelihood,
      );
    }
    posterior.dispose();
    dispose();
  });

  it('refuses what does not fit', async () => {
    const {model, x, y, dispose} = problem([0, 1]);
    expect(() => gaussian({noiseScale: [1, -1]})).to.throw(ConfigError, 'or one for each output, got -1');
    expect(() => laplace(model, {likelihood: 'poisson', noiseScale: 'per-output'})).to.throw(
      ConfigError,
      "expected a Gaussian likelihood for noiseScale 'per-output', got 'poisson'",
    );
    await expectNoLeak(async () => {
      const three = laplace(model, {likelihood: gaussian({noiseScale: [1, 2, 3]})});
      await expectRejection(three.fit(x, y), ShapeError, /laplace.fit: expected 3 outputs/);
      const exact = model.predict(x) as tf.Tensor;
      const posterior = laplace(model, {likelihood: 'gaussian', noiseScale: 'per-output'});
      await expectRejection(posterior.fit(x, exact), DataError, /expected residuals of output 0/);
      exact.dispose();
    });
    dispose();
  });
});
