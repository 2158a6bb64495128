import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type LabelledDataset, laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError, DataError, NotFittedError, ShapeError, UnsupportedLayerError} from '../../src/errors.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallData, smallNet} from './small-net.ts';

describe('laplace', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  for (const weights of ['last-layer', 'all'] as const) {
    it(`gives a model that ends in softmax and the same model ending in logits one posterior (${weights})`, async () => {
      const [withSoftmax, withLogits] = [smallNet(3, 'softmax'), smallNet(3)];
      const first = await laplace(withSoftmax, {weights}).fit(data.x, data.yClass);
      const second = await laplace(withLogits, {weights, likelihood: 'classification'}).fit(data.x, data.yClass);
      closeTo(first.logMarginalLikelihood(), second.logMarginalLikelihood(), {rtol: 1e-12});
      const [a, b] = [first.linearized(data.xTest), second.linearized(data.xTest)];
      closeTo(await a.mean.data(), await b.mean.data(), {rtol: 1e-7});
      closeTo(await a.covariance.data(), await b.covariance.data(), {rtol: 1e-7});
      tf.dispose([a.mean, a.covariance, b.mean, b.covariance]);
      for (const used of [first, second, withSoftmax, withLogits]) used.dispose();
    });
  }

  it('takes integer and one-hot labels alike', async () => {
    const model = smallNet(3, 'softmax');
    const oneHot = tf.oneHot(data.yClass, 3);
    const first = await laplace(model).fit(data.x, data.yClass);
    const second = await laplace(model).fit(data.x, oneHot);
    closeTo(second.logMarginalLikelihood(), first.logMarginalLikelihood(), {rtol: 1e-12});
    for (const used of [first, second, oneHot, model]) used.dispose();
  });

  for (const structure of ['full', 'kron', 'diag'] as const) {
    it(`update on new data equals one fit on all of it; an update that fails changes nothing (${structure})`, () =>
      expectNoLeak(async () => {
        const model = smallNet(3, 'softmax');
        const [x, y] = [tf.split(data.x, [3, 2, 1]), tf.split(data.yClass, [3, 2, 1])];
        const parts = x.map((part, i) => ({x: part as tf.Tensor, y: y[i] as tf.Tensor}));
        const [first, second, third] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
        const whole = await laplace(model, {weights: 'all', structure}).fit(data.x, data.yClass);
        const grown = await laplace(model, {weights: 'all', structure}).fit(first.x, first.y);
        const evidence = grown.logMarginalLikelihood();
        const wrong = tf.tensor1d([7, 0], 'int32');
        await expectRejection(grown.update(second.x, wrong), DataError, /labels from 0 to 2/);
        expect(grown.logMarginalLikelihood()).to.equal(evidence);
        await grown.update(second.x, second.y);
        await grown.update(third.x, third.y);
        closeTo(grown.logMarginalLikelihood(), whole.logMarginalLikelihood(), {rtol: 1e-6});
        expect(grown.examples).to.equal(6);
        closeTo(grown.weightVariances(), whole.weightVariances(), {rtol: 1e-5});
        tf.dispose([...x, ...y, wrong]);
        for (const used of [whole, grown, model]) used.dispose();
      }));
  }

  it('fits a stream of batches, counting the examples really seen', () =>
    expectNoLeak(async () => {
      const model = smallNet(3, 'softmax');
      let next = 0;
      const stream: LabelledDataset = {
        iterator: async () => ({
          next: async () => {
            const start = next++ * 2;
            if (start >= 6) return {value: undefined, done: true};
            return {value: {xs: tf.slice(data.x, start, 2), ys: tf.slice(data.yClass, start, 2)}};
          },
        }),
      };
      const streamed = await laplace(model).fitDataset(stream);
      const whole = await laplace(model).fit(data.x, data.yClass);
      expect(streamed.examples).to.equal(6);
      closeTo(streamed.logMarginalLikelihood(), whole.logMarginalLikelihood(), {rtol: 1e-6});
      for (const used of [streamed, whole, model]) used.dispose();
    }));

  it('reports each batch as it goes', async () => {
    const model = smallNet(3, 'softmax');
    const seen: [number, number][] = [];
    const posterior = await laplace(model).fit(data.x, data.yClass, {
      batchSize: 4,
      callbacks: {onBatchEnd: (batch, {size}) => void seen.push([batch, size])},
    });
    expect(seen).to.deep.equal([
      [0, 4],
      [1, 2],
    ]);
    posterior.dispose();
    model.dispose();
  });

  for (const structure of ['full', 'kron', 'diag'] as const) {
    it(`tune finds the maximum of the log marginal likelihood (${structure})`, async () => {
      const model = smallNet(3);
      const posterior = await laplace(model, {likelihood: 'categorical', weights: 'all', structure}).fit(
        data.x,
        data.yClass,
      );
      const {priorPrecision, logMarginalLikelihood} = await posterior.tune();
      expect(posterior.priorPrecision).to.equal(priorPrecision);
      closeTo(posterior.logMarginalLikelihood(), logMarginalLikelihood, {rtol: 1e-10});
      for (const factor of [0.9, 0.999, 1.001, 1.1]) {
        const other = posterior.logMarginalLikelihood({priorPrecision: priorPrecision * factor});
        expect(other).to.be.below(logMarginalLikelihood);
      }
      posterior.dispose();
      model.dispose();
    });
  }

  it('tune agrees with 100 Adam steps of laplace-torch on the full posterior, up to where those stop', async () => {
    const model = smallNet(3);
    const posterior = await laplace(model, {likelihood: 'categorical', weights: 'all', structure: 'full'}).fit(
      data.x,
      data.yClass,
    );
    closeTo((await posterior.tune()).priorPrecision, 0.4897499327, {rtol: 2e-4});
    posterior.dispose();
    model.dispose();
  });

  it('warns when the marginal likelihood has no maximum inside the search', async () => {
    const model = smallNet(3);
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight))));
    const posterior = await laplace(model, {likelihood: 'categorical'}).fit(data.x, data.yClass);
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    await posterior.tune();
    restore();
    expect(warnings.join()).to.match(/edge of the search/);
    posterior.dispose();
    model.dispose();
  });

  it('takes a prior precision for each weight, and a new one at any time', async () => {
    const model = smallNet(3);
    const options = {likelihood: 'categorical', weights: 'all', structure: 'diag'} as const;
    const size = 21;
    const each = await laplace(model, {...options, priorPrecision: Array(size).fill(0.5)}).fit(data.x, data.yClass);
    const one = await laplace(model, {...options, priorPrecision: 4}).fit(data.x, data.yClass);
    const before = one.weightVariances();
    one.priorPrecision = 0.5;
    closeTo(each.logMarginalLikelihood(), one.logMarginalLikelihood(), {rtol: 1e-12});
    expect(one.weightVariances()[0]).to.be.above(before[0] as number);
    expect(() => (one.priorPrecision = [1, 2])).to.throw(ConfigError, /4 numbers .* or 21/);
    expect(() => (one.priorPrecision = -1)).to.throw(ConfigError, /positive/);
    for (const used of [each, one, model]) used.dispose();
  });

  it('linearized is differentiable in x: gradients match finite differences', async () => {
    const model = smallNet(2);
    const posterior = await laplace(model, {
      likelihood: 'gaussian',
      noiseScale: 0.5,
      weights: 'all',
      structure: 'full',
    }).fit(data.x, data.yReal);
    const trace = (x: tf.Tensor): tf.Scalar => tf.sum(posterior.linearized(x).covariance) as tf.Scalar;
    const gradient = tf.grad(trace)(data.xTest);
    const step = 1e-2;
    const numeric = Array.from(
      {length: 4},
      (_, i) =>
        tf.tidy(() => {
          const bump = tf.tensor2d(
            Array.from({length: 4}, (_, j) => (i === j ? step : 0)),
            [2, 2],
          );
          return (
            (trace(tf.add(data.xTest, bump)).dataSync()[0] as number) -
            (trace(tf.sub(data.xTest, bump)).dataSync()[0] as number)
          );
        }) /
        (2 * step),
    );
    closeTo(await gradient.data(), numeric, {rtol: 5e-3, atol: 5e-3});
    for (const used of [gradient, posterior, model]) used.dispose();
  });

  it('survives being used inside tidy', async () => {
    const model = smallNet(3);
    const posterior = await laplace(model, {likelihood: 'categorical'}).fit(data.x, data.yClass);
    const first = tf.tidy(() => posterior.linearized(data.xTest).covariance.dataSync());
    const second = tf.tidy(() => posterior.linearized(data.xTest).covariance.dataSync());
    closeTo(second, first, {rtol: 0});
    posterior.dispose();
    model.dispose();
  });

  it('draws weights whose covariance is that of each structure', async () => {
    const model = smallNet(3);
    for (const structure of ['full', 'kron', 'diag'] as const) {
      const posterior = await laplace(model, {likelihood: 'categorical', weights: 'all', structure}).fit(
        data.x,
        data.yClass,
      );
      const variances = posterior.weightVariances();
      const draws = 3000;
      const rng = createRng(5);
      const sums = new Float64Array(variances.length);
      const mean = (await Promise.all(posterior.mean.map((t) => t.data()))).flatMap((part) => Array.from(part));
      for (let s = 0; s < draws; s++) {
        const weights = posterior.sampleWeights(rng);
        const flat = (await Promise.all(weights.map((t) => t.data()))).flatMap((part) => Array.from(part));
        flat.forEach((value, i) => {
          sums[i] = (sums[i] as number) + (value - (mean[i] as number)) ** 2;
        });
        tf.dispose(weights);
      }
      const ratios = Array.from(sums, (sum, i) => sum / draws / (variances[i] as number));
      expect(Math.max(...ratios.map((r) => Math.abs(r - 1))), structure).to.be.below(5 * Math.sqrt(2 / draws));
      posterior.dispose();
    }
    model.dispose();
  });

  describe('refuses what it cannot use', () => {
    it('options', () => {
      const model = smallNet(3, 'softmax');
      const wrong = <T>(value: unknown): T => value as T;
      expect(() => laplace(model, {structure: wrong('cholesky')})).to.throw(
        ConfigError,
        /'full', 'kron', 'diag', .*, got 'cholesky'/,
      );
      expect(() => laplace(model, {weights: wrong('first')})).to.throw(ConfigError, /'last-layer', 'all'/);
      expect(() => laplace(model, {priorPrecision: 0})).to.throw(ConfigError, /priorPrecision/);
      expect(() => laplace(model, {temperature: Number.NaN})).to.throw(ConfigError, /temperature/);
      expect(() => laplace(model, {noiseScale: 1})).to.throw(ConfigError, /noiseScale/);
      expect(() => laplace(model, {likelihood: 'poison'})).to.throw(ConfigError, /categorical/);
      expect(() => laplace(smallNet(3))).to.throw(ConfigError, /likelihood/);
      model.dispose();
    });

    it('a model that is not built', () => {
      expect(() => laplace(tfl.sequential(), {likelihood: 'gaussian'})).to.throw(ConfigError, /inputShape/);
    });

    it('calls before fit', async () => {
      const posterior = laplace(smallNet(3, 'softmax'));
      expect(() => posterior.logMarginalLikelihood()).to.throw(NotFittedError, /Call fit/);
      expect(() => posterior.mean).to.throw(NotFittedError);
      await expectRejection(posterior.predict(data.x), NotFittedError, /Call fit/);
      await expectRejection(posterior.tune(), NotFittedError, /Call fit/);
      await expectRejection(posterior.save('x'), NotFittedError, /Call fit/);
    });

    it('targets of the wrong shape, range or kind', () =>
      expectNoLeak(async () => {
        const model = smallNet(3, 'softmax');
        const posterior = laplace(model);
        const bad: [tf.Tensor, new (...args: never[]) => Error, RegExp][] = [
          [tf.tensor1d([0, 1, 2, 3, 0, 1], 'int32'), DataError, /labels from 0 to 2.*got 3 at index 3/],
          [tf.tensor1d([0, 1, 2, 0.5, 0, 1]), DataError, /got 0.5/],
          [tf.zeros([6, 2]), ShapeError, /\[6, 2\]/],
          [tf.fill([6, 3], 0.5), DataError, /sums to 1.5/],
          [tf.fill([6, 3], Number.NaN), DataError, /NaN/],
          [tf.zeros([5]), ShapeError, /6 examples/],
        ];
        for (const [y, error, message] of bad) {
          await expectRejection(posterior.fit(data.x, y), error, message);
          y.dispose();
        }
        model.dispose();
      }));

    it('layers without a rule, by name', () =>
      expectNoLeak(async () => {
        const model = tfl.sequential({
          layers: [
            tfl.layers.simpleRNN({units: 2, inputShape: [3, 2], name: 'memory'}),
            tfl.layers.dense({units: 3, activation: 'softmax'}),
          ],
        });
        const [x, y] = [tf.zeros([2, 3, 2]), tf.tensor1d([0, 1], 'int32')];
        const error = await laplace(model, {weights: 'all'})
          .fit(x, y)
          .then(
            () => undefined,
            (e: unknown) => e,
          );
        expect(error).to.be.instanceOf(UnsupportedLayerError);
        expect((error as UnsupportedLayerError).layerName).to.equal('memory');
        tf.dispose([x, y]);
        model.dispose();
      }));
  });
});
