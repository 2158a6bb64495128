import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {type LabelledDataset, type Laplace, type LaplaceOptions, laplace} from '../../laplace/index.ts';
import {initBackend} from '../../src/backend/index.ts';
import {ConfigError, DataError} from '../../src/errors.ts';
import {loadPosterior} from '../../src/io/index.ts';
import {createRng} from '../../src/random/index.ts';
import {onWarning} from '../../src/warn.ts';
import {closeTo} from '../support/close.ts';
import {expectNoLeak} from '../support/leaks.ts';
import {testNets} from '../support/nets.ts';
import {expectRejection} from '../support/rejection.ts';
import {saved} from './in-memory.ts';

const EXAMPLES = 14;

/** Two hidden layers and three outputs: 2-4-3-3, 43 weights. */
function deepNet(activation: 'softmax' | 'linear' = 'softmax'): tfl.LayersModel {
  const normal = (seed: number): ReturnType<typeof tfl.initializers.randomNormal> =>
    tfl.initializers.randomNormal({stddev: 0.8, seed});
  return tfl.sequential({
    layers: [
      tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [2], kernelInitializer: normal(1)}),
      tfl.layers.dense({units: 3, activation: 'tanh', kernelInitializer: normal(2)}),
      tfl.layers.dense({units: 3, activation, kernelInitializer: normal(3)}),
    ],
  });
}

interface Summary {
  readonly evidence: number;
  readonly tensorwise: number;
  readonly covariance: ArrayLike<number>;
  readonly joint: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly weights: Float64Array;
}

async function summarize(posterior: Laplace, x: tf.Tensor): Promise<Summary> {
  const {mean, covariance} = posterior.linearized(x);
  const joint = posterior.linearized(x, {joint: true});
  const predictive = await posterior.predict(x, {covariance: 'diagonal', link: 'probit'});
  const probs = predictive.kind === 'categorical' ? predictive.probs : mean;
  const tensors = posterior.mean.length;
  const summary = {
    evidence: posterior.logMarginalLikelihood(),
    tensorwise:
      posterior.structure === 'ella'
        ? 0
        : posterior.logMarginalLikelihood({priorPrecision: Array.from({length: tensors}, (_, i) => 0.5 + 0.3 * i)}),
    covariance: await covariance.data(),
    joint: await joint.covariance.data(),
    variance: await probs.data(),
    weights: posterior.weightVariances(),
  };
  predictive.dispose();
  tf.dispose([mean, covariance, joint.mean, joint.covariance]);
  return summary;
}

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error += ((actual[i] as number) - (expected[i] as number)) ** 2;
    norm += (expected[i] as number) ** 2;
  }
  return Math.sqrt(error / norm);
}

describe('laplace structures of few directions', () => {
  let model: tfl.LayersModel;
  let x: tf.Tensor2D;
  let y: tf.Tensor1D;
  let xTest: tf.Tensor2D;
  before(async () => {
    await initBackend();
    model = deepNet();
    x = tf.randomNormal([EXAMPLES, 2], 0, 1, 'float32', 5);
    y = tf.tensor1d(
      Array.from({length: EXAMPLES}, (_, i) => (i * 5) % 3),
      'int32',
    );
    xTest = tf.randomNormal([4, 2], 0, 2, 'float32', 6);
  });
  after(() => {
    tf.dispose([x, y, xTest]);
    model.dispose();
  });

  const fitted = (options: LaplaceOptions): Promise<Laplace> =>
    laplace(model, {priorPrecision: 0.7, ...options}).fit(x, y, {batchSize: 5});

  const enough: Record<string, LaplaceOptions> = {
    'low-rank': {structure: 'low-rank', rank: 43},
    functional: {structure: 'functional', subset: EXAMPLES},
    ella: {structure: 'ella', subset: EXAMPLES, rank: 43},
  };
  for (const weights of ['all', 'last-layer'] as const) {
    for (const [name, options] of Object.entries(enough)) {
      it(`${name}, ${weights}: with all directions the same as full`, () =>
        expectNoLeak(async () => {
          const few = await fitted({weights, ...options});
          const full = await fitted({weights, structure: 'full'});
          // ELLA keeps only what the data's own Jacobians span, so it is the same at the data, not beyond.
          const at = name === 'ella' ? x : xTest;
          const [actual, expected] = [await summarize(few, at), await summarize(full, at)];
          closeTo(actual.evidence, expected.evidence, {rtol: 1e-5});
          closeTo(actual.covariance, expected.covariance, {rtol: 1e-3, atol: 1e-4});
          closeTo(actual.joint, expected.joint, {rtol: 1e-3, atol: 1e-4});
          closeTo(actual.variance, expected.variance, {rtol: 1e-3});
          if (name !== 'ella') {
            closeTo(actual.tensorwise, expected.tensorwise, {rtol: 1e-5});
            closeTo(actual.weights, expected.weights, {rtol: 1e-3});
          }
          const best = await few.tune();
          closeTo(best.priorPrecision, (await full.tune()).priorPrecision, {rtol: 1e-3});
          few.dispose();
          full.dispose();
        }));
    }
  }

  it('maximizes several prior precisions like full', async () => {
    const found: (number | readonly number[])[] = [];
    for (const options of [{structure: 'full'}, enough.functional, enough['low-rank']] as LaplaceOptions[]) {
      const posterior = await fitted({weights: 'all', ...options});
      found.push((await posterior.tune({prior: 'layer'})).priorPrecision);
      posterior.dispose();
    }
    closeTo(found[1] as number[], found[0] as number[], {rtol: 2e-3});
    closeTo(found[2] as number[], found[0] as number[], {rtol: 2e-3});
  });

  it('come closer to full with the rank', async () => {
    const full = await fitted({weights: 'all', structure: 'full'});
    const expected = await summarize(full, xTest);
    for (const structure of ['low-rank', 'ella'] as const) {
      const errors: number[] = [];
      for (const rank of [1, 4, 12]) {
        const few = await fitted({weights: 'all', structure, rank, ...(structure === 'ella' && {subset: EXAMPLES})});
        errors.push(relativeError((await summarize(few, xTest)).covariance, expected.covariance));
        few.dispose();
      }
      expect(errors[1]).to.be.lessThan(errors[0] as number);
      expect(errors[2]).to.be.lessThan(errors[1] as number);
    }
    full.dispose();
  });

  it('functional: each example of the subset stands for several of the data', async () => {
    const subset = [12, 0, 3, 4, 7, 9, 11];
    const posterior = await fitted({weights: 'all', structure: 'functional', subset});
    const [part, labels] = [tf.gather(x, subset), tf.gather(y, subset)];
    const counted = await laplace(model, {
      weights: 'all',
      structure: 'full',
      priorPrecision: 0.7,
      temperature: subset.length / EXAMPLES, // a curvature divided by 1 / 2 is doubled
    }).fit(part, labels);
    const [actual, expected] = [await summarize(posterior, xTest), await summarize(counted, xTest)];
    closeTo(actual.covariance, expected.covariance, {rtol: 1e-3, atol: 1e-4});
    closeTo(actual.evidence - posterior.logLikelihood(), expected.evidence - counted.logLikelihood(), {rtol: 1e-5});
    const all = await fitted({weights: 'all'});
    closeTo(posterior.logLikelihood(), all.logLikelihood(), {rtol: 1e-5}); // the data term leaves nothing out
    all.dispose();
    for (const used of [posterior, counted, part, labels]) used.dispose();
  });

  it('draw their subset with the given stream of numbers', async () => {
    const evidence: number[] = [];
    for (const seed of [1, 1, 2]) {
      const posterior = await fitted({weights: 'all', structure: 'functional', subset: 4, rng: createRng(seed)});
      evidence.push(posterior.logMarginalLikelihood());
      posterior.dispose();
    }
    expect(evidence[1]).to.equal(evidence[0]);
    expect(evidence[2]).not.to.equal(evidence[0]);
  });

  for (const [name, options] of Object.entries(enough)) {
    it(`${name}: an update in two parts is one fit, and what is saved predicts the same`, () =>
      expectNoLeak(async () => {
        const first: LaplaceOptions = {
          weights: 'all',
          priorPrecision: 0.7,
          ...options,
          ...(name === 'ella' && {subset: 8}),
        };
        const [xs, ys] = [tf.split(x, [8, 6]), tf.split(y, [8, 6])] as [tf.Tensor2D[], tf.Tensor1D[]];
        const parts = await laplace(model, first).fit(xs[0] as tf.Tensor, ys[0] as tf.Tensor);
        await parts.update(xs[1] as tf.Tensor, ys[1] as tf.Tensor);
        // The directions of ELLA stay those of the first data.
        const subset = Array.from({length: 8}, (_, i) => i);
        const whole = await fitted({weights: 'all', ...options, ...(name === 'ella' && {subset})});
        const expected = await summarize(whole, xTest);
        const actual = await summarize(parts, xTest);
        closeTo(actual.covariance, expected.covariance, {rtol: 1e-3, atol: 1e-4});
        closeTo(actual.evidence, expected.evidence, {rtol: 1e-5});
        expect(parts.examples).to.equal(EXAMPLES);

        const loaded = (await loadPosterior(await saved(parts), {model})) as Laplace;
        const again = await summarize(loaded, xTest);
        expect(again.evidence).to.equal(actual.evidence);
        closeTo(again.covariance, actual.covariance, {rtol: 1e-12});
        await loaded.update(xs[1] as tf.Tensor, ys[1] as tf.Tensor); // the options came along
        expect(loaded.examples).to.equal(EXAMPLES + 6);
        tf.dispose([xs, ys]);
        for (const used of [parts, whole, loaded]) used.dispose();
      }));
  }

  it('low-rank: an update adds to what was kept', async () => {
    const posterior = await fitted({weights: 'all', structure: 'low-rank', rank: 3});
    const before = posterior.weightVariances().reduce((sum, value) => sum + value, 0);
    await posterior.update(x, y);
    const after = posterior.weightVariances().reduce((sum, value) => sum + value, 0);
    expect(after).to.be.lessThan(before);
    posterior.dispose();
  });

  for (const [name, make] of Object.entries(testNets)) {
    it(`${name} layers: functional and low-rank with all directions are full, also with ignored labels`, async () => {
      const net = make(5);
      await expectNoLeak(async () => {
        const labels = tf.tensor1d([0, -100, 2, 1, 2], 'int32');
        const found: Summary[] = [];
        for (const options of [{structure: 'full'}, {structure: 'functional'}, {structure: 'low-rank'}] as const) {
          const posterior = await laplace(net.model, {likelihood: 'categorical', weights: 'all', ...options}).fit(
            net.x,
            labels,
            {batchSize: 2},
          );
          found.push(await summarize(posterior, net.x));
          posterior.dispose();
        }
        const [full, ...others] = found as [Summary, ...Summary[]];
        for (const other of others) {
          closeTo(other.covariance, full.covariance, {
            rtol: 1e-3,
            atol: 1e-5 * Math.max(...Array.from(full.covariance)),
          });
          closeTo(other.weights, full.weights, {rtol: 1e-3});
          closeTo(other.evidence, full.evidence, {rtol: 1e-5});
        }
        labels.dispose();
      });
      net.x.dispose();
      net.model.dispose();
    });
  }

  it('read a dataset several times, and say where it is another the second time', async () => {
    const dataset = (sizes: readonly number[]): LabelledDataset => {
      let pass = 0;
      return {
        iterator: async () => {
          let left = sizes[Math.min(pass++, sizes.length - 1)] as number;
          return {
            next: async () =>
              left-- > 0 ? {value: {xs: tf.clone(x), ys: tf.clone(y)}, done: false} : {value: null, done: true},
          };
        },
      };
    };
    await expectNoLeak(async () => {
      const posterior = await laplace(model, {structure: 'functional'}).fitDataset(dataset([2]));
      expect(posterior.examples).to.equal(2 * EXAMPLES);
      await expectRejection(
        posterior.fitDataset(dataset([2, 1])),
        DataError,
        /laplace.fitDataset: expected the same data in every pass.* got 28 examples and then 14/,
      );
      posterior.dispose();
    });
  });

  it('low-rank warns where its search for directions has not come to an end', async () => {
    // Inputs without structure: all 61 eigenvalues are much alike.
    const flat = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [60]})]});
    const [inputs, targets] = [tf.randomNormal([2000, 60], 0, 1, 'float32', 3), tf.zeros([2000, 1])];
    const messages: string[] = [];
    const restore = onWarning((message) => messages.push(message));
    const options = {likelihood: 'gaussian', noiseScale: 1, structure: 'low-rank', rank: 6} as const;
    const hasty = await laplace(flat, {...options, tolerance: 0.1}).fit(inputs, targets);
    expect(messages).to.deep.equal([]);
    const patient = await laplace(flat, {...options, tolerance: 0}).fit(inputs, targets);
    restore();
    expect(messages.join()).to.match(/low-rank curvature still grew by .* % in the last of 30 passes/);
    // More curvature found is a larger determinant.
    expect(patient.logMarginalLikelihood()).to.be.lessThan(hasty.logMarginalLikelihood() - 1e-3);
    for (const used of [hasty, patient, inputs, targets, flat]) used.dispose();
  });

  it('refuse what they cannot do', async () => {
    const made =
      (options: object): (() => Laplace) =>
      () =>
        laplace(model, options as LaplaceOptions);
    expect(made({rank: 3})).to.throw(ConfigError, /no rank for structure 'kron'.*'low-rank' and 'ella'/);
    expect(made({structure: 'functional', rank: 3})).to.throw(ConfigError, /no rank for structure 'functional'/);
    expect(made({structure: 'full', damping: true})).to.throw(ConfigError, /no damping for structure 'full'/);
    expect(made({structure: 'low-rank', rank: 0})).to.throw(ConfigError, /rank to be a whole number from 1/);
    expect(made({structure: 'low-rank', tolerance: 1})).to.throw(ConfigError, /tolerance from 0 to below 1/);
    expect(made({structure: 'functional', subset: [1, 1]})).to.throw(ConfigError, /different indices/);
    expect(made({structure: 'kron', sharing: 'sum'})).to.throw(ConfigError, /sharing to be one of 'expand', 'reduce'/);
    expect(made({structure: 'low-rank', curvature: 'mc-fisher'})).to.throw(ConfigError, /the same in every pass/);
    expect(made({structure: 'ella', curvature: 'hessian'})).to.throw(ConfigError, /expected structure 'full'/);
    expect(made({structure: 'ella', weights: 'all', priorPrecision: [1, 2, 1, 1, 1, 1]})).to.throw(
      ConfigError,
      /one priorPrecision with structure 'ella'/,
    );
    await expectRejection(fitted({structure: 'functional', subset: [99]}), DataError, /indices below 14.*got 99/);
    const chosen = await fitted({structure: 'functional', subset: [1, 2]});
    await expectRejection(chosen.update(x, y), ConfigError, /laplace.update: expected subset to be a number/);
    const ella = await fitted({structure: 'ella', weights: 'all'});
    await expectRejection(ella.tune({prior: 'layer'}), ConfigError, /one priorPrecision with structure 'ella'/);
    chosen.dispose();
    ella.dispose();
  });
});
