import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {type LaplaceOptions, laplace, type TuneOptions} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {expectRejection} from '../support/rejection.ts';
import {smallData, smallNet} from './small-net.ts';

describe('laplace.tune', () => {
  let data: ReturnType<typeof smallData>;
  before(async () => {
    await initBackend();
    data = smallData();
  });
  after(() => {
    tf.dispose(data as unknown as tf.TensorContainer);
  });

  const fitted = (options: LaplaceOptions, outputs = 2) => {
    const model = smallNet(outputs);
    const y = outputs === 2 ? data.yReal : data.yClass;
    return laplace(model, {weights: 'all', ...options}).fit(data.x, y);
  };

  for (const structure of ['full', 'kron', 'diag'] as const) {
    for (const prior of ['scalar', 'layer', 'tensor'] as const) {
      it(`finds a stationary point of highest evidence: ${structure}, ${prior}, with noise`, async () => {
        const posterior = await fitted({likelihood: 'gaussian', structure});
        const scalar = await posterior.tune();
        const {priorPrecision, noiseScale, logMarginalLikelihood} = await posterior.tune({prior, noise: true});
        expect(logMarginalLikelihood).to.be.at.least(scalar.logMarginalLikelihood);
        expect(posterior.noiseScale).to.equal(noiseScale);
        const values = [priorPrecision].flat();
        expect(values.length).to.equal(prior === 'scalar' ? 1 : 4);
        if (prior === 'layer') expect([values[0], values[2]]).to.deep.equal([values[1], values[3]]);
        const groups = {
          scalar: [[0]],
          layer: [
            [0, 1],
            [2, 3],
          ],
          tensor: [[0], [1], [2], [3]],
        }[prior];
        for (const factor of [0.98, 1.02]) {
          for (const group of groups) {
            const trial = values.map((value, i) => (group.includes(i) ? value * factor : value));
            const other = posterior.logMarginalLikelihood({
              priorPrecision: prior === 'scalar' ? (trial[0] as number) : trial,
            });
            if (trial.every((value) => value < 9e7)) expect(other).to.be.below(logMarginalLikelihood);
          }
          const noisier = posterior.logMarginalLikelihood({noiseScale: (noiseScale as number) * factor});
          expect(noisier).to.be.below(logMarginalLikelihood);
        }
        posterior.dispose();
      });
    }
  }

  it('has the derivatives of the evidence, also where the empirical Fisher goes with the fourth power of the noise', async () => {
    const posterior = await fitted({likelihood: 'gaussian', structure: 'full', curvature: 'empirical-fisher'});
    const {noiseScale, logMarginalLikelihood} = await posterior.tune({prior: 'tensor', noise: true});
    for (const factor of [0.97, 1.03]) {
      const other = posterior.logMarginalLikelihood({noiseScale: (noiseScale as number) * factor});
      expect(other).to.be.below(logMarginalLikelihood);
    }
    posterior.dispose();
  });

  it('one precision for each weight, in closed form', async () => {
    const posterior = await fitted({likelihood: 'categorical', structure: 'diag'}, 3);
    const tensor = await posterior.tune({prior: 'tensor'});
    const {priorPrecision, logMarginalLikelihood} = await posterior.tune({prior: 'weight'});
    const values = [priorPrecision].flat();
    expect(values.length).to.equal(21);
    expect(logMarginalLikelihood).to.be.above(tensor.logMarginalLikelihood);
    values.forEach((value, i) => {
      for (const factor of [0.9, 1.1]) {
        const trial = values.map((other, j) => (i === j ? value * factor : other));
        expect(posterior.logMarginalLikelihood({priorPrecision: trial})).to.be.below(logMarginalLikelihood);
      }
    });
    posterior.dispose();
  });

  it('keeps the tuned noise when data are added', async () => {
    const posterior = await fitted({likelihood: 'gaussian'});
    await posterior.tune({noise: true});
    const update = posterior.noiseScale;
    await posterior.update(data.x, data.yReal);
    expect(posterior.noiseScale).to.equal(update);
    posterior.dispose();
  });

  it('on validation data maximizes the log predictive density, of numbers and classes', () =>
    expectNoLeak(async () => {
      for (const [likelihood, outputs] of [
        ['gaussian', 2],
        ['categorical', 3],
      ] as const) {
        const model = smallNet(outputs);
        const y = outputs === 2 ? data.yReal : data.yClass;
        const posterior = await laplace(model, {likelihood, weights: 'all', structure: 'full'}).fit(data.x, y);
        const options: TuneOptions = {method: 'validation', validationData: [data.x, y], range: [1e-3, 1e5]};
        const restore = onWarning(() => undefined);
        const {priorPrecision, score = Number.NaN} = await posterior.tune(options);
        restore();
        const at = async (value: number): Promise<number> => {
          posterior.priorPrecision = value;
          const predictive = await posterior.predict(data.x);
          const mean = tf.tidy(() => tf.mean(predictive.logProb(y)));
          const [result] = await mean.data();
          predictive.dispose();
          mean.dispose();
          return result as number;
        };
        closeTo(await at(priorPrecision as number), score, {rtol: 1e-7});
        for (const other of [0.1, 1, 10, 100]) expect(await at(other)).to.be.at.most(score + 1e-7);
        posterior.dispose();
        model.dispose();
      }
    }));

  it('takes a score of the caller, and warns where it says nothing or the best lies at the edge', async () => {
    const posterior = await fitted({likelihood: 'gaussian'});
    const validationData = [data.x, data.yReal] as const;
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    await posterior.tune({method: 'validation', validationData, score: () => 1});
    expect(warnings.pop()).to.match(/same score/);
    const sharpness = async (predictive: Predictive): Promise<number> => {
      if (predictive.kind !== 'gaussian') throw new TypeError(predictive.kind);
      return -Math.max(...(await predictive.epistemicVariance.data()));
    };
    const found = await posterior.tune({method: 'validation', validationData, score: sharpness, range: [0.1, 10]});
    closeTo(found.priorPrecision, 10, {rtol: 1e-9});
    expect(warnings.pop()).to.match(/edge of the range/);
    restore();
    posterior.dispose();
  });

  it('refuses what it cannot tune, and leaves the posterior as it was', async () => {
    const posterior = await fitted({likelihood: 'categorical', priorPrecision: 2}, 3);
    await expectRejection(posterior.tune({noise: true}), ConfigError, /with noise/);
    await expectRejection(posterior.tune({prior: 'weight'}), ConfigError, /structure 'diag'/);
    await expectRejection(posterior.tune({method: 'validation'}), ConfigError, /validationData/);
    const wrong: TuneOptions = {method: 'validation', validationData: [data.x, data.yClass], prior: 'layer'};
    await expectRejection(posterior.tune(wrong), ConfigError, /one prior precision/);
    const failing: TuneOptions = {
      method: 'validation',
      validationData: [data.x, data.yClass],
      score: () => {
        throw new RangeError('no score');
      },
    };
    await expectRejection(posterior.tune(failing), RangeError, /no score/);
    expect(posterior.priorPrecision).to.equal(2);
    posterior.dispose();
  });
});
