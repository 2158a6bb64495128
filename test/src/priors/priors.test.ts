import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {
  createPrior,
  empiricalBayesPrior,
  gaussianPrior,
  horseshoePrior,
  type Prior,
  type PriorConfig,
  registerPrior,
  scaleMixturePrior,
} from '../../../src/priors/index.ts';
import {closeTo} from '../../support/close.ts';
import {onEachBackend} from '../../support/each-backend.ts';
import {expectNoLeak} from '../../support/leaks.ts';

interface Row {
  config: PriorConfig;
  weights: number[];
  logProb: number[];
  gradient: number[];
  cases?: [number, number][];
  crossEntropy?: number[];
}

const rows: Row[] = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/priors.json'), 'utf8'));

async function logProbs(prior: Prior, weights: ArrayLike<number>): Promise<Float32Array> {
  const logProb = tf.tidy(() => prior.logProb(tf.tensor1d(Float32Array.from(weights))));
  const values = (await logProb.data()) as Float32Array;
  logProb.dispose();
  return values;
}

/** The integral of p over the line by the trapezoidal rule in log |w - centre|, which a pole at the centre does not disturb. */
async function totalMass(prior: Prior, centre: number): Promise<number> {
  const step = 0.05;
  const distances = Array.from({length: 1001}, (_, i) => Math.exp((i - 600) * step));
  const logProb = await logProbs(
    prior,
    [-1, 1].flatMap((sign) => distances.map((d) => centre + sign * d)),
  );
  return [...distances, ...distances].reduce((sum, d, i) => sum + Math.exp(logProb[i] as number) * d * step, 0);
}

describe('priors', () => {
  it('stand in the fixture, except the one that depends on all weights at once', () => {
    const kinds = rows.map(({config}) => config.kind);
    expect(kinds).to.have.members(['gaussian', 'scale-mixture', 'laplace', 'student-t', 'horseshoe']);
  });

  onEachBackend(() => {
    for (const {config, weights, logProb, gradient, cases, crossEntropy} of rows) {
      describe(config.kind, () => {
        const prior = createPrior(config);

        it('has the log density of an independent computation', async () => {
          closeTo(await logProbs(prior, weights), logProb, {rtol: 2e-6, atol: 2e-6});
        });

        it('has its derivative', async () => {
          const slope = tf.tidy(() => tf.grad((w) => tf.sum(prior.logProb(w)))(tf.tensor1d(weights)));
          closeTo(await slope.data(), gradient, {rtol: 2e-5, atol: 1e-6});
          slope.dispose();
        });

        it('integrates to one', async () => {
          closeTo(await totalMass(prior, (config.mean as number | undefined) ?? 0), 1, {rtol: 1e-5});
        });

        it('leaks nothing', () => expectNoLeak(async () => logProbs(prior, weights)));

        if (cases === undefined || crossEntropy === undefined) {
          it('claims no closed-form cross entropy', () => expect(prior.crossEntropy).to.equal(undefined));
          return;
        }

        it('has the cross entropy that quadrature gives, element by element', async () => {
          const value = tf.tidy(() =>
            prior.crossEntropy?.(tf.tensor1d(cases.map(([m]) => m)), tf.tensor1d(cases.map(([, v]) => v))),
          );
          closeTo(await (value as tf.Tensor).data(), crossEntropy, {rtol: 2e-6});
          value?.dispose();
        });

        it('has a cross entropy that can be differentiated in mean and variance', async () => {
          const value = (m: number, v: number) =>
            tf.sum(prior.crossEntropy?.(tf.tensor([m]), tf.tensor([v])) as tf.Tensor);
          const h = 0.02;
          for (const [m, v] of [
            [0.7, 0.5],
            [-0.4, 1.5],
          ] as const) {
            const [slopes, differences] = tf.tidy(() => {
              const grads = tf.grads((mean, variance) => tf.sum(prior.crossEntropy?.(mean, variance) as tf.Tensor));
              const byHand = [tf.sub(value(m + h, v), value(m - h, v)), tf.sub(value(m, v + h), value(m, v - h))];
              return [
                tf.concat(grads([tf.tensor([m]), tf.tensor([v])]).map((g) => tf.reshape(g, [1]))),
                tf.div(tf.stack(byHand), 2 * h),
              ];
            }) as [tf.Tensor, tf.Tensor];
            closeTo(await slopes.data(), await differences.data(), {rtol: 1e-3});
            tf.dispose([slopes, differences]);
          }
        });
      });
    }

    it('horseshoe: the pole at 0 stays finite and far tails keep their slope -2/w', async () => {
      const prior = horseshoePrior({scale: 0.5});
      const [atZero] = await logProbs(prior, [0]);
      expect(atZero).to.be.greaterThan(2).and.lessThan(5);
      const slope = tf.tidy(() => tf.grad((w) => tf.sum(prior.logProb(w)))(tf.tensor1d([0, 1e6, -1e8])));
      closeTo(await slope.data(), [0, -2e-6, 2e-8], {rtol: 1e-5});
      slope.dispose();
    });

    it('empirical Bayes: the scale is the best one, and the gradient is that at a fixed scale', async () => {
      const [means, variances] = [
        [0.5, -1, 2, 0.1],
        [0.04, 0.25, 0.01, 0.5],
      ];
      const prior = empiricalBayesPrior({mean: 0.2});
      const best = means.reduce((sum, m, i) => sum + (variances[i] as number) + (m - 0.2) ** 2, 0) / 4;
      const fixed = gaussianPrior({mean: 0.2, scale: Math.sqrt(best)});
      const read = async (p: Prior): Promise<number[]> => {
        const results = tf.tidy(() => {
          const [m, v] = [tf.tensor1d(means), tf.tensor1d(variances)];
          const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(p.crossEntropy?.(a, b) as tf.Tensor);
          return tf.concat([tf.reshape(loss(m, v), [1]), ...tf.grads(loss)([m, v])]);
        });
        const values = Array.from(await results.data());
        results.dispose();
        return values;
      };
      closeTo(await read(prior), await read(fixed), {rtol: 1e-5, atol: 1e-6});
      for (const factor of [0.9, 1.1]) {
        const [other] = await read(gaussianPrior({mean: 0.2, scale: factor * Math.sqrt(best)}));
        expect(other).to.be.greaterThan((await read(prior))[0] as number);
      }
      closeTo(await logProbs(prior, [1.2, -0.8]), await logProbs(gaussianPrior({mean: 0.2}), [1.2, -0.8]), {
        rtol: 1e-6,
      });
      const [floored] = await logProbs(empiricalBayesPrior({floor: 0.5}), [0]);
      closeTo(floored as number, -Math.log(0.5) - Math.log(2 * Math.PI) / 2, {rtol: 1e-6});
    });
  });
});

describe('createPrior', () => {
  it('brings every kind back from its config through JSON', async () => {
    for (const config of [...rows.map((row) => row.config), {kind: 'empirical-bayes', mean: 0.1, floor: 0.01}]) {
      const prior = createPrior(config);
      expect(prior.kind).to.equal(config.kind);
      const again = createPrior(JSON.parse(JSON.stringify(prior.getConfig())));
      expect(again.getConfig()).to.deep.equal(prior.getConfig());
      expect(again.getConfig()).to.deep.include(config);
      expect(await logProbs(again, [0.3, -2])).to.deep.equal(await logProbs(prior, [0.3, -2]));
    }
  });

  it('takes a name for the defaults and passes objects through', () => {
    expect(createPrior('gaussian').getConfig()).to.deep.equal({kind: 'gaussian', mean: 0, scale: 1});
    const own = gaussianPrior({scale: 3});
    expect(createPrior(own)).to.equal(own);
  });

  it('knows a kind that was registered, and keeps the built-in ones', () => {
    registerPrior('test-wide', () => ({...gaussianPrior({scale: 9}), kind: 'test-wide'}));
    expect(createPrior({kind: 'test-wide'}).kind).to.equal('test-wide');
    expect(() => registerPrior('gaussian', () => gaussianPrior())).to.throw(ConfigError, 'built in');
  });

  it('refuses unknown kinds and bad parameters by name', () => {
    expect(() => createPrior('spike')).to.throw(ConfigError, /'gaussian'.*'horseshoe'.*got 'spike'/);
    expect(() => createPrior(undefined as unknown as string)).to.throw(ConfigError, 'undefined');
    expect(() => gaussianPrior({scale: 0})).to.throw(ConfigError, 'gaussianPrior: expected scale');
    expect(() => gaussianPrior({mean: Number.NaN})).to.throw(ConfigError, 'mean');
    expect(() => createPrior({kind: 'laplace', scale: '1'})).to.throw(ConfigError, 'laplacePrior');
    expect(() => createPrior({kind: 'student-t', degreesOfFreedom: -1})).to.throw(ConfigError, 'degreesOfFreedom');
    expect(() => scaleMixturePrior({weight: 1})).to.throw(ConfigError, 'weight');
    expect(() => scaleMixturePrior({scales: [1, 0]})).to.throw(ConfigError, 'scales[1]');
    expect(() => createPrior({kind: 'scale-mixture', scales: [1]})).to.throw(ConfigError, 'two scales');
    expect(() => createPrior({kind: 'gaussian', stddev: 0.1})).to.throw(ConfigError, /'mean', 'scale'.*got 'stddev'/);
  });
});
