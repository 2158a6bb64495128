import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type Laplace, laplace} from '../../laplace/index.ts';
import {ModelMismatchError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {gaussian, type Likelihood, registerLikelihood} from '../../src/likelihoods/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {saved} from './in-memory.ts';
import {smallData, smallNet} from './small-net.ts';

/** A Gaussian likelihood of one's own. */
function own(noiseScale: number): Likelihood {
  return {
    ...gaussian({noiseScale}),
    name: 'own-gaussian',
    withNoiseScale: own,
    getConfig: () => ({name: 'own-gaussian', noiseScale}),
  };
}

describe('a saved laplace posterior', () => {
  let data: ReturnType<typeof smallData>;
  before(() => {
    data = smallData();
    registerLikelihood('own-gaussian', ({noiseScale = 1}) => own(noiseScale as number));
  });
  after(() => tf.dispose({...data}));

  for (const likelihood of ['gaussian', 'own-gaussian', gaussian({noiseScale: 0.4}), own(0.3)]) {
    const name = typeof likelihood === 'string' ? `'${likelihood}'` : JSON.stringify(likelihood.getConfig());
    it(`keeps the noise of ${name}, and estimates it again only where it was estimated`, () =>
      expectNoLeak(async () => {
        const model = smallNet(2);
        const posterior = await laplace(model, {likelihood}).fit(data.x, data.yReal);
        const loaded = (await loadPosterior(await saved(posterior), {model})) as Laplace;
        closeTo([loaded.noiseScale as number], [posterior.noiseScale as number], {rtol: 1e-14});
        expect(loaded.likelihood.getConfig()).to.deep.equal(posterior.likelihood.getConfig());
        closeTo([loaded.logMarginalLikelihood()], [posterior.logMarginalLikelihood()], {rtol: 1e-12});
        const shifted = tf.add(data.yReal, 1);
        await posterior.update(data.x, shifted);
        await loaded.update(data.x, shifted);
        closeTo([loaded.noiseScale as number], [posterior.noiseScale as number], {rtol: 1e-12});
        expect((loaded.noiseScale as number) > 0.5).to.equal(typeof likelihood === 'string');
        for (const used of [posterior, loaded, shifted, model]) used.dispose();
      }));
  }

  it('keeps a noise that was tuned', async () => {
    const model = smallNet(2);
    const posterior = await laplace(model, {likelihood: 'gaussian'}).fit(data.x, data.yReal);
    const {noiseScale} = await posterior.tune({noise: true});
    const loaded = (await loadPosterior(await saved(posterior), {model})) as Laplace;
    expect(loaded.noiseScale).to.equal(noiseScale);
    for (const used of [posterior, loaded, model]) used.dispose();
  });

  for (const weights of ['all', {layers: (name: string) => name.length > 0}] as const) {
    it(`is refused by a model that trains other layers (${typeof weights})`, async () => {
      const model = smallNet(2);
      const posterior = await laplace(model, {likelihood: 'gaussian', weights}).fit(data.x, data.yReal);
      const handler = await saved(posterior);
      const [first] = model.layers as [tfl.layers.Layer];
      first.trainable = false;
      await expectNoLeak(() =>
        expectRejection(
          loadPosterior(handler, {model}),
          ModelMismatchError,
          /expected the trainable weights .*kernel.* \(6\).*bias.* \(3\).*\(6\).*\(2\), got .*kernel.* \(6\), .*bias.* \(2\)\./,
        ),
      );
      first.trainable = true;
      const loaded = (await loadPosterior(handler, {model})) as Laplace;
      closeTo([loaded.logMarginalLikelihood()], [posterior.logMarginalLikelihood()], {rtol: 1e-12});
      for (const used of [posterior, loaded, model]) used.dispose();
    });
  }
});

describe('laplace.fitDataset', () => {
  let data: ReturnType<typeof smallData>;
  before(() => {
    data = smallData();
  });
  after(() => tf.dispose({...data}));

  /** A dataset of these elements that tells whether reading was ended early. */
  function dataset(elements: (() => unknown)[]) {
    const state = {ended: 0};
    const iterator = async () => {
      let next = 0;
      return {
        next: async () => {
          const make = elements[next++];
          return make ? {value: make(), done: false} : {value: undefined, done: true};
        },
        return: async () => void state.ended++,
      };
    };
    return {state, iterator};
  }

  it('disposes elements that it refuses, and ends reading', async () => {
    const model = smallNet(3, 'softmax');
    for (const bad of [
      () => ({xs: tf.clone(data.x), ys: [0, 1]}),
      () => ({xs: tf.clone(data.x)}),
      () => ({xs: {a: tf.clone(data.x)}, labels: tf.clone(data.yClass)}),
      () => undefined,
      () => ({xs: tf.clone(data.x), ys: tf.tensor1d([0, 1, 2, 3, 0, 2], 'int32')}),
    ]) {
      const stream = dataset([() => ({xs: tf.clone(data.x), ys: tf.clone(data.yClass)}), bad]);
      await expectNoLeak(async () => {
        let failed = false;
        await laplace(model)
          .fitDataset(stream)
          .catch(() => {
            failed = true;
          });
        expect(failed).to.equal(true);
      });
      expect(stream.state.ended).to.equal(1);
    }
    model.dispose();
  });

  it('leaves a dataset that was read to its end alone', async () => {
    const model = smallNet(3, 'softmax');
    const stream = dataset([() => ({xs: tf.clone(data.x), ys: tf.clone(data.yClass)})]);
    const posterior = await laplace(model).fitDataset(stream);
    expect(stream.state.ended).to.equal(0);
    for (const used of [posterior, model]) used.dispose();
  });
});
