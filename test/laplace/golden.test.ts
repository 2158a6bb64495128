import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {type LaplaceOptions, laplace} from '../../laplace/index.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {smallData, smallNet} from './small-net.ts';

interface Golden {
  readonly cases: readonly {
    readonly likelihood: 'regression' | 'classification';
    readonly weights: 'all' | 'last-layer';
    readonly structure: 'full' | 'kron' | 'diag';
    readonly logLikelihood: number;
    readonly logMarginalLikelihood: number;
    readonly covariance: readonly number[];
    readonly probit?: readonly number[];
  }[];
  readonly variants: {readonly layerwise: number; readonly temperature: number; readonly priorMean: number};
}

const golden = JSON.parse(readFileSync(new URL('./fixtures/golden.json', import.meta.url), 'utf8')) as Golden;

describe('laplace against laplace-torch on a 2-3-K tanh net', () => {
  // With all data and directions, the structures of few directions have the values of full.
  const rows = golden.cases.flatMap((expected) => {
    const alike = expected.structure === 'full' ? (['full', 'functional', 'low-rank'] as const) : [expected.structure];
    return alike.map((structure) => ({expected, structure}));
  });
  for (const {expected, structure} of rows) {
    const {likelihood, weights} = expected;
    it(`${likelihood}, ${weights}, ${structure}: evidence, function covariance and probit`, () =>
      expectNoLeak(async () => {
        const data = smallData();
        const regression = likelihood === 'regression';
        const model = smallNet(regression ? 2 : 3);
        const posterior = await laplace(model, {
          likelihood,
          weights,
          structure,
          priorPrecision: 0.5,
          ...(regression && {noiseScale: 0.7}),
        }).fit(data.x, regression ? data.yReal : data.yClass, {batchSize: 4});

        closeTo(posterior.logLikelihood(), expected.logLikelihood, {rtol: 1e-6});
        closeTo(posterior.logMarginalLikelihood(), expected.logMarginalLikelihood, {rtol: 1e-6});
        const {mean, covariance} = posterior.linearized(data.xTest);
        const rtol = structure === expected.structure ? 1e-5 : 1e-4;
        closeTo(await covariance.data(), expected.covariance, {rtol, atol: 1e-6});
        if (expected.probit) {
          const predictive = await posterior.predict(data.xTest, {link: 'probit'});
          expect(predictive.kind).to.equal('categorical');
          if (predictive.kind === 'categorical') closeTo(await predictive.probs.data(), expected.probit, {rtol});
          predictive.dispose();
        }
        tf.dispose([mean, covariance]);
        tf.dispose(data as unknown as tf.TensorContainer);
        posterior.dispose();
        model.dispose();
      }));
  }

  const variants: readonly [string, LaplaceOptions, number][] = [
    [
      'a prior precision for each weight tensor',
      {structure: 'kron', priorPrecision: [0.3, 0.7, 1.1, 2]},
      golden.variants.layerwise,
    ],
    ['temperature 2', {structure: 'full', temperature: 2, priorPrecision: 0.5}, golden.variants.temperature],
    ['prior mean 0.1', {structure: 'full', priorMean: 0.1, priorPrecision: 0.5}, golden.variants.priorMean],
  ];
  for (const [name, options, expected] of variants) {
    it(`log marginal likelihood with ${name}`, async () => {
      const {x, yClass, ...rest} = smallData();
      const model = smallNet(3);
      const posterior = await laplace(model, {likelihood: 'categorical', weights: 'all', ...options}).fit(x, yClass);
      closeTo(posterior.logMarginalLikelihood(), expected, {rtol: 1e-6});
      posterior.dispose();
      model.dispose();
      tf.dispose([x, yClass, rest.yReal, rest.xTest]);
    });
  }
});
