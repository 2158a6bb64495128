import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {drawSymmetricBeta} from '../../../ensembles/data-side/symmetric-beta.ts';
import {type DeepEnsembleOptions, deepEnsemble, type EnsemblePosterior, mixupMp} from '../../../ensembles/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {betaNll} from '../../../src/likelihoods/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';

const ROWS = 40;
const X = createRng(1).normals(ROWS);
const Y = X.map((x, i) => 2 * x + (createRng(2).normals(ROWS)[i] as number));

/** A line through the origin, y = w x, trained on whole batches with steps of 0.1 until nothing changes. */
function line(loss: tfl.ModelCompileArgs['loss'] = 'meanSquaredError', units = 1): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.zeros();
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units, inputShape: [1], useBias: false, kernelInitializer})],
  });
  model.compile({optimizer: tf.train.sgd(0.1), loss});
  return model;
}

async function slopes(resample: DeepEnsembleOptions['resample'], members: number): Promise<number[]> {
  const options = {create: () => line(), members, likelihood: 'gaussian', rng: createRng(3)} as const;
  const [x, y] = [tf.tensor2d(Float32Array.from(X), [ROWS, 1]), tf.tensor2d(Float32Array.from(Y), [ROWS, 1])];
  const posterior = await deepEnsemble({...options, ...(resample && {resample})}).fit(x, y, {
    epochs: 40,
    batchSize: ROWS,
  });
  const found = await kernels(posterior);
  posterior.dispose();
  tf.dispose([x, y]);
  return found;
}

async function kernels(posterior: EnsemblePosterior): Promise<number[]> {
  return Promise.all(posterior.members.map(async ([kernel]) => (await (kernel as tf.Tensor).data())[0] as number));
}

/** The slope of least squares under weights. */
function weightedSlope(weights: ArrayLike<number>): number {
  const sum = (f: (i: number) => number): number => X.reduce((total, _, i) => total + (weights[i] as number) * f(i), 0);
  return sum((i) => (X[i] as number) * (Y[i] as number)) / sum((i) => (X[i] as number) ** 2);
}

/** The stream a member's resampling comes from. */
const resampling = (member: number) => createRng(3).fork(member).fork('batches').fork('resample');

describe('data-side ensembles', () => {
  it('trains each member on the examples that its bootstrap drew', async () => {
    await expectNoLeak(async () => {
      const found = await slopes('bootstrap', 3);
      const expected = [0, 1, 2].map((member) => {
        const counts = new Float64Array(ROWS);
        for (const u of resampling(member).uniforms(ROWS)) (counts[Math.floor(u * ROWS)] as number)++;
        return weightedSlope(counts);
      });
      closeTo(found, expected, {rtol: 1e-3});
    });
  });

  it('weighs examples by a flat Dirichlet in a Bayesian bootstrap', async () => {
    await expectNoLeak(async () => {
      const found = await slopes('bayesian-bootstrap', 3);
      const expected = [0, 1, 2].map((member) =>
        weightedSlope(
          resampling(member)
            .uniforms(ROWS)
            .map((u) => -Math.log(1 - u)),
        ),
      );
      closeTo(found, expected, {rtol: 1e-3});
      closeTo(await slopes(undefined, 1), [weightedSlope(new Float64Array(ROWS).fill(1))], {rtol: 1e-3});
    });
  });

  it('adds pseudo-examples between two examples in MixupMP, with the weight of the concentration', async () => {
    const [x, y] = [tf.tensor2d([[1], [-1]]), tf.tensor2d([[1], [1]])];
    // Between 1 and -1 the inputs differ and the target is 1: the mean is 1 whatever is mixed, and the slope stays near 0.
    const biased = (): tfl.LayersModel => {
      const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
      return model;
    };
    await expectNoLeak(async () => {
      const posterior = await mixupMp({create: biased, members: 2, likelihood: 'gaussian'}).fit(x, y, {epochs: 60});
      for (const [kernel, bias] of posterior.members) {
        closeTo(await (kernel as tf.Tensor).data(), [0], {atol: 0.02});
        closeTo(await (bias as tf.Tensor).data(), [1], {atol: 0.02});
      }
      posterior.dispose();
    });
    tf.dispose([x, y]);
  });

  it('takes the step of the MixupMP loss with the ratios and pairs of its stream', async () => {
    const [alpha, concentration] = [0.7, 0.5];
    const [x, y] = [tf.tensor2d([[1], [3]]), tf.tensor2d([[2], [-1]])];
    const options = {create: () => line(), members: 1, likelihood: 'gaussian', rng: createRng(4)} as const;
    const posterior = await mixupMp({...options, alpha, concentration}).fit(x, y);
    // fitDataset asks for an iterator once before the first epoch.
    const stream = createRng(4).fork(0).fork('batches').fork('mixup').fork(1);
    const [first, second] = [stream.uniforms(2), stream.uniforms(2)].map((draws) =>
      draws.map((u) => Math.floor(u * 2)),
    );
    const ratios = drawSymmetricBeta(stream, alpha, 2);
    const mix = (values: number[], i: number): number => {
      const [a, b] = [values[first?.[i] as number] as number, values[second?.[i] as number] as number];
      return (ratios[i] as number) * a + (1 - (ratios[i] as number)) * b;
    };
    const pseudo = [0, 1].reduce((sum, i) => sum + mix([1, 3], i) * mix([2, -1], i), 0);
    // From slope 0, a squared error's step of 0.1 is 0.2 times the weighted mean of x y.
    const data = 1 * 2 + 3 * -1;
    closeTo(await kernels(posterior), [(0.2 * (data + concentration * pseudo)) / (2 + 2 * concentration)], {
      rtol: 1e-4,
    });
    posterior.dispose();
    tf.dispose([x, y]);
  });

  it('draws mixing ratios from Beta(alpha, alpha)', () => {
    for (const alpha of [0.2, 0.5, 1, 3]) {
      const draws = drawSymmetricBeta(createRng(7), alpha, 4000);
      const variance = draws.reduce((sum, draw) => sum + (draw - 0.5) ** 2, 0) / 4000;
      const exact = 1 / (4 * (2 * alpha + 1));
      // The fourth central moment of a symmetric Beta is 3 / (16 (2 alpha + 1) (2 alpha + 3)).
      const fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
      expect(Math.abs(variance - exact)).to.be.below(4 * Math.sqrt((fourth - exact ** 2) / 4000));
      expect(draws.every((draw) => draw >= 0 && draw <= 1)).to.equal(true);
    }
  });

  it('refuses losses that average, tokens to mix, and options out of range', async () => {
    const [x, y] = [tf.tensor2d([[0], [1]]), tf.tensor2d([[0], [1]])];
    const create = (): tfl.LayersModel => line(betaNll(), 2);
    const likelihood = 'heteroscedastic-gaussian';
    await expectRejection(
      deepEnsemble({create, likelihood, resample: 'bayesian-bootstrap'}).fit(x, y),
      ConfigError,
      /one value for each of 2 examples/,
    );
    const tokens = tf.cast(x, 'int32');
    await expectRejection(mixupMp({create, likelihood}).fit(tokens, y), ConfigError, /got a tensor of int32/);
    expect(() => mixupMp({create, alpha: 0})).to.throw(ConfigError, 'alpha');
    expect(() => mixupMp({create, concentration: -1})).to.throw(ConfigError, 'concentration');
    expect(() => deepEnsemble({create, resample: 'jackknife' as 'bootstrap'})).to.throw(ConfigError, 'jackknife');
    tf.dispose([x, y, tokens]);
  });
});
