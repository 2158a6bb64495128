import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {
  type Laplace,
  type LaplaceOptions,
  type LaplacePredictOptions,
  laplace,
  marginalLikelihoodTraining,
} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallData, smallNet} from './small-net.ts';

describe('laplace refuses, by its own name', () => {
  let data: ReturnType<typeof smallData>;
  let model: ReturnType<typeof smallNet>;
  let posterior: Laplace;
  before(async () => {
    await initBackend();
    data = smallData();
    model = smallNet(3, 'softmax');
    posterior = await laplace(model).fit(data.x, data.yClass);
    posterior.weightVariances(); // makes what it keeps
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
    posterior.dispose();
    model.dispose();
  });

  it('no examples at all', () =>
    expectNoLeak(async () => {
      const [x, y] = [tf.zeros([0, 2]), tf.zeros([0], 'int32')];
      const sample = posterior.thompsonSample();
      const none = (caller: string): RegExp => new RegExp(`${caller}: expected at least one example, got none`);
      await expectRejection(posterior.predict(x), DataError, none('laplace.predict'));
      await expectRejection(posterior.sampleOutputs(x, {samples: 2}), DataError, none('laplace.sampleOutputs'));
      await expectRejection(posterior.fit(x, y), DataError, none('laplace.fit'));
      await expectRejection(posterior.update(x, y), DataError, none('laplace.update'));
      expect(() => posterior.linearized(x)).to.throw(DataError, none('laplace.linearized'));
      expect(() => posterior.linearized(x, {joint: true})).to.throw(DataError, none('laplace.linearized'));
      expect(() => sample.outputs(x)).to.throw(DataError, none('functionSample.outputs'));
      await expectRejection(marginalLikelihoodTraining(model, x, y), DataError, none('marginalLikelihoodTraining'));
      for (const used of [x, y, sample]) used.dispose();
    }));

  it('inputs of another shape than the model takes', () =>
    expectNoLeak(async () => {
      const x = tf.zeros([6, 5]);
      const wrong = (caller: string): RegExp => new RegExp(`^${caller}: expected input .* of shape \\[N, 2\\], got`);
      await expectRejection(posterior.fit(x, data.yClass), ShapeError, wrong('laplace.fit'));
      await expectRejection(posterior.update(x, data.yClass), ShapeError, wrong('laplace.update'));
      await expectRejection(posterior.predict(x), ShapeError, wrong('laplace.predict'));
      await expectRejection(posterior.sampleOutputs(x, {samples: 1}), ShapeError, wrong('laplace.sampleOutputs'));
      expect(() => posterior.linearized(x)).to.throw(ShapeError, wrong('laplace.linearized'));
      x.dispose();
    }));

  it('numbers of draws or of examples at once that are none', () =>
    expectNoLeak(async () => {
      for (const samples of [0, -1, 1.5]) {
        await expectRejection(
          posterior.sampleOutputs(data.xTest, {samples}),
          ConfigError,
          /laplace.sampleOutputs: expected samples to be a whole number from 1/,
        );
      }
      await expectRejection(
        posterior.predict(data.xTest, {samples: 0}),
        ConfigError,
        /laplace.predict: expected samples to be a whole number from 1/,
      );
      const batchSize = 0;
      const none = (caller: string): RegExp =>
        new RegExp(`${caller}: expected batchSize to be a whole number from 1, got 0`);
      await expectRejection(posterior.fit(data.x, data.yClass, {batchSize}), ConfigError, none('laplace.fit'));
      await expectRejection(posterior.update(data.x, data.yClass, {batchSize}), ConfigError, none('laplace.update'));
      await expectRejection(posterior.predict(data.x, {batchSize}), ConfigError, none('laplace.predict'));
      await expectRejection(
        posterior.sampleOutputs(data.x, {samples: 1, batchSize}),
        ConfigError,
        none('laplace.sampleOutputs'),
      );
      await expectRejection(
        marginalLikelihoodTraining(model, data.x, data.yClass, {batchSize}),
        ConfigError,
        none('marginalLikelihoodTraining'),
      );
    }));

  it('links that there are not, by the name of the function that was called', () =>
    expectNoLeak(() =>
      expectRejection(
        posterior.predict(data.x, {link: 'logit' as never}),
        ConfigError,
        /laplace.predict: expected link to be one of 'pairwise-probit', .*, got 'logit'/,
      ),
    ));

  it('options that there are not', async () => {
    const misspelt = <T>(options: Record<string, unknown>): T => options as T;
    expect(() => laplace(model, misspelt<LaplaceOptions>({priorPrec: 1}))).to.throw(
      ConfigError,
      /laplace: expected options .*'priorPrecision'.*, got 'priorPrec'/,
    );
    await expectRejection(
      posterior.fit(data.x, data.yClass, misspelt({epochs: 3})),
      ConfigError,
      /laplace.fit: expected options 'batchSize', 'callbacks', got 'epochs'/,
    );
    await expectRejection(
      posterior.update(data.x, data.yClass, misspelt({batchsize: 3})),
      ConfigError,
      /laplace.update: .* got 'batchsize'/,
    );
    await expectRejection(
      posterior.predict(data.x, misspelt({covarience: 'diagonal'})),
      ConfigError,
      /laplace.predict: .*'covariance'.* got 'covarience'/,
    );
    await expectRejection(
      posterior.predict(data.x, misspelt<LaplacePredictOptions>({covariance: 'diag'})),
      ConfigError,
      /laplace.predict: expected covariance to be one of 'full', 'diagonal', got 'diag'/,
    );
    await expectRejection(posterior.tune(misspelt({priors: 'layer'})), ConfigError, /laplace.tune: .* got 'priors'/);
    expect(() => posterior.logMarginalLikelihood(misspelt({prior: 1}))).to.throw(
      ConfigError,
      /laplace.logMarginalLikelihood: .* got 'prior'/,
    );
    await expectRejection(
      marginalLikelihoodTraining(model, data.x, data.yClass, misspelt({learningRate: 1})),
      ConfigError,
      /marginalLikelihoodTraining: .* got 'learningRate'/,
    );
    laplace(model, misspelt<LaplaceOptions>({temperature: undefined}));
  });

  describe('a prior precision for each weight under Kronecker factors', () => {
    const each = (size: number): number[] => new Array<number>(size).fill(2);
    const refusal = /expected priorPrecision to be a number or 2 numbers .*, got 12.*'full' or 'diag'/;

    it('when it is given', () => {
      expect(() => laplace(model, {priorPrecision: each(12)})).to.throw(ConfigError, refusal);
      expect(() => laplace(model, {weights: 'all', priorPrecision: each(21)})).to.throw(ConfigError, /4 numbers/);
      expect(() => (laplace(model).priorPrecision = each(12))).to.throw(ConfigError, refusal);
      expect(() => (posterior.priorPrecision = each(12))).to.throw(ConfigError, refusal);
      expect(posterior.priorPrecision).to.equal(1);
      expect(() => posterior.logMarginalLikelihood({priorPrecision: each(12)})).to.throw(ConfigError, refusal);
      laplace(model, {priorPrecision: each(12), structure: 'diag'});
    });

    it('when the weights are known', async () => {
      const {name} = model.layers[1] as {name: string};
      const late = laplace(model, {weights: {layers: [name]}, priorPrecision: each(12)});
      let batches = 0;
      const callbacks = {onBatchEnd: () => void batches++};
      await expectRejection(late.fit(data.x, data.yClass, {callbacks}), ConfigError, refusal);
      expect(batches).to.equal(0);
    });
  });

  it('prior precisions that are no numbers', () => {
    for (const priorPrecision of [[], [1, Number.NaN], [1, 0], '12', null, {}]) {
      expect(() => laplace(model, {priorPrecision: priorPrecision as number[]}), String(priorPrecision)).to.throw(
        ConfigError,
        /priorPrecision/,
      );
    }
  });
});
