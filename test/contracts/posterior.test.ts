import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {initBackend} from '../../src/backend/index.ts';
import {DataError, FormatError, ModelMismatchError, ShapeError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import type {Posterior, WeightPosterior} from '../../src/posterior/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {createRng} from '../../src/random/index.ts';
import {ensembleMethods} from '../ensembles/methods.ts';
import {laplaceMethods} from '../laplace/methods.ts';
import {layerMethods} from '../layers/methods.ts';
import {calibratedMethods} from '../src/io/methods.ts';
import {closeTo, type Tolerance} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import type {PosteriorRow} from './rows.ts';

/** The numbers of a prediction that all its others follow from. */
async function numbersOf(predictive: Predictive): Promise<number[]> {
  const entries = Object.entries(predictive).flatMap(([, value]) => (value instanceof tf.Tensor ? [value] : []));
  const values = await Promise.all(entries.map((tensor) => tensor.data()));
  return values.flatMap((part) => Array.from(part));
}

interface Case {
  readonly model: tfl.LayersModel;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly posterior: Posterior;
}

/** Runs `body` on a fitted posterior and checks that nothing was left behind, the fit included. */
async function onFitted(row: PosteriorRow, body: (given: Case) => Promise<void>): Promise<void> {
  const model = row.createModel();
  const [x, y] = [row.inputs(), row.targets()];
  await expectNoLeak(async () => {
    const posterior = await row.fit(model, x, y);
    await body({model, x, y, posterior});
    posterior.dispose();
  });
  tf.dispose([x, y]);
  model.dispose();
}

/** Bit for bit, but for GPUs, which may compile the same sum into another order. */
function sameNumbers(): Tolerance {
  return ['webgpu', 'webgl'].includes(tf.getBackend()) ? {rtol: 1e-5, atol: 1e-6} : {rtol: 0};
}

async function savedArtifacts(posterior: Posterior): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await posterior.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts)};
    }),
  );
  return saved;
}

function shiftWeights(model: tfl.LayersModel): void {
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.add(weight, 0.01))));
}

function anotherArchitecture(): tfl.LayersModel {
  return tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [2], activation: 'softmax'})]});
}

/** On a GPU, whose software drivers are slow, only what depends on its arithmetic; the rest is the same on every backend. */
const onGpu = ['webgpu', 'webgl'].includes(process.env.TFJS_BAYES_BACKEND ?? '');
/** What methods that draw are asked for there: less than by default. */
const draws = onGpu ? {samples: 8} : {};

describe('Posterior contract', () => {
  before(async () => {
    await initBackend();
  });

  for (const row of [...laplaceMethods, ...ensembleMethods, ...layerMethods, ...calibratedMethods]) {
    describe(row.name, () => {
      it('predicts its kind, with parts that add up, the same for every batch size', () =>
        onFitted(row, async ({x, posterior}) => {
          const whole = await posterior.predict(x, draws);
          expect(whole.kind).to.equal(row.kind);
          await checkParts(whole, x.shape[0] as number);
          const split = await posterior.predict(x, {...draws, batchSize: 5});
          closeTo(await numbersOf(split), await numbersOf(whole), {rtol: 1e-4, atol: 1e-6});
          whole.dispose();
          split.dispose();
        }));

      it('draws outputs [S, N, C]: repeated by the seed, changed by another, the same for every batch size', () =>
        onFitted(row, async ({x, posterior}) => {
          const draw = (seed: number, batchSize?: number): Promise<tf.Tensor> =>
            posterior.sampleOutputs(x, {samples: 4, rng: createRng(seed), ...(batchSize && {batchSize})});
          const [first, again, split, other] = await Promise.all([draw(1), draw(1), draw(1, 5), draw(2)]);
          expect(first?.shape.slice(0, 2)).to.deep.equal([4, x.shape[0]]);
          const values = await (first as tf.Tensor).data();
          closeTo(await (again as tf.Tensor).data(), values, {rtol: 0});
          closeTo(await (split as tf.Tensor).data(), values, {rtol: 1e-4, atol: 1e-5});
          expect(Array.from(await (other as tf.Tensor).data())).to.not.deep.equal(Array.from(values));
          tf.dispose([first, again, split, other] as tf.Tensor[]);
        }));

      it('saves and loads with identical predictions, and not for another model', () =>
        onFitted(row, async ({model, x, posterior}) => {
          const saved = await savedArtifacts(posterior);
          const loaded = await loadPosterior(tf.io.fromMemory(saved), {model});
          const [before, after] = [await posterior.predict(x, draws), await loaded.predict(x, draws)];
          closeTo(await numbersOf(after), await numbersOf(before), sameNumbers());
          before.dispose();
          after.dispose();
          loaded.dispose();

          const other = row.ownsWeights ? anotherArchitecture() : row.createModel();
          if (!row.ownsWeights) shiftWeights(other);
          await expectRejection(
            loadPosterior(tf.io.fromMemory(saved), {model: other}),
            ModelMismatchError,
            /fingerprint/,
          );
          other.dispose();
          if ((saved.weightData as ArrayBuffer).byteLength === 0) return; // all that it keeps is in the model
          const cut = {...saved, weightData: (saved.weightData as ArrayBuffer).slice(0, 16)};
          await expectRejection(loadPosterior(tf.io.fromMemory(cut), {model}), FormatError, /truncated/);
        }));

      if (onGpu) return;

      if (row.ownsWeights) {
        it('is not changed by training the model on, and loads for any weights of its architecture', () =>
          onFitted(row, async ({model, x, posterior}) => {
            const before = await posterior.predict(x);
            const saved = await savedArtifacts(posterior);
            shiftWeights(model);
            const loaded = await loadPosterior(tf.io.fromMemory(saved), {model});
            for (const one of [posterior, loaded]) {
              const after = await one.predict(x);
              closeTo(await numbersOf(after), await numbersOf(before), sameNumbers());
              after.dispose();
            }
            before.dispose();
            loaded.dispose();
          }));
      } else {
        it('notices that the model was trained on after the fit', () =>
          onFitted(row, async ({model, x, posterior}) => {
            shiftWeights(model);
            await expectRejection(posterior.predict(x), ModelMismatchError, /trained or changed/);
          }));
      }

      it('refuses inputs of another shape and targets that do not fit', async () => {
        const model = row.createModel();
        const [x, y] = [row.inputs(), row.targets()];
        await expectNoLeak(async () => {
          const wrong = tf.zeros([4, 7]);
          const posterior = await row.fit(model, x, y);
          await expectRejection(posterior.predict(wrong), ShapeError, /\[4, 7\]/);
          posterior.dispose();
          if (row.seesNoData) {
            wrong.dispose();
            return;
          }
          const short = tf.slice(y, 0, 3);
          await expectRejection(row.fit(model, x, short), ShapeError, /12 examples/);
          const poisoned = tf.tidy(() => tf.div(x, tf.zerosLike(x)));
          await expectRejection(row.fit(model, poisoned, y), DataError, /finite/);
          tf.dispose([wrong, short, poisoned]);
        });
        tf.dispose([x, y]);
        model.dispose();
      });

      if (row.samplesWeights) {
        it('draws weight vectors in the shapes of its mean', () =>
          onFitted(row, async ({posterior}) => {
            const sampler = posterior as WeightPosterior;
            const [first, again] = [sampler.sampleWeights(createRng(1)), sampler.sampleWeights(createRng(1))];
            expect(first.map(({shape}) => shape)).to.deep.equal(sampler.mean.map(({shape}) => shape));
            for (const [i, weight] of first.entries()) {
              closeTo(await (again[i] as tf.Tensor).data(), await weight.data(), {rtol: 0});
            }
            tf.dispose([first, again]);
          }));
      }
    });
  }
});

async function checkParts(predictive: Predictive, examples: number): Promise<void> {
  switch (predictive.kind) {
    case 'categorical':
    case 'bernoulli': {
      const probs = await predictive.probs.data();
      expect(predictive.probs.shape[0]).to.equal(examples);
      expect(probs.every((p) => p >= 0 && p <= 1)).to.equal(true);
      if (predictive.kind === 'categorical') {
        const sums = tf.sum(predictive.probs, -1);
        closeTo(await sums.data(), new Float32Array(examples).fill(1), {rtol: 1e-5});
        sums.dispose();
      }
      const {total, aleatoric, epistemic} = predictive.entropy();
      const [whole, noise, knowledge] = await Promise.all([total.data(), aleatoric.data(), epistemic.data()]);
      closeTo(
        Array.from(noise, (a, i) => a + (knowledge[i] as number)),
        whole,
        {rtol: 1e-4, atol: 1e-6},
      );
      expect(Math.max(...knowledge), 'epistemic part of the entropy').to.be.above(0);
      expect(Math.min(...knowledge)).to.be.at.least(0);
      tf.dispose([total, aleatoric, epistemic]);
      return;
    }
    default: {
      if (!('epistemicVariance' in predictive)) {
        throw new TypeError(`no check for '${(predictive as Predictive).kind}'`);
      }
      const [epistemic, aleatoric] = await Promise.all([
        predictive.epistemicVariance.data(),
        predictive.aleatoricVariance.data(),
      ]);
      expect(Math.min(...epistemic)).to.be.above(0);
      expect(Math.min(...aleatoric)).to.be.above(0);
      const variance = predictive.variance();
      closeTo(
        await variance.data(),
        Array.from(epistemic, (v, i) => v + (aleatoric[i] as number)),
        {rtol: 1e-5},
      );
      variance.dispose();
    }
  }
}
