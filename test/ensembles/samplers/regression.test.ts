import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {inverse, Matrix} from 'ml-matrix';
import {
  checkpointEnsemble,
  entropyMcmc,
  hmc,
  type SamplerOptimizer,
  type SamplerOptions,
  sghmc,
  sgld,
  sgnht,
  structuredSgmcmc,
} from '../../../ensembles/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {assignWeights} from '../../../src/models/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {expectMoments} from './gaussian-target.ts';
import {chainsOf, linearRegression, mean, precision, regression} from './linear-regression.ts';

const {rows, noiseScale, priorPrecision} = regression;
const exact = inverse(precision);
const UNITS = 200;

interface Row {
  readonly name: string;
  readonly make: (options: SamplerOptions) => SamplerOptimizer;
  /** Epochs before the first draw. Default 100. */
  readonly burnIn?: number;
  /** The covariance that its chain has; where it is the posterior's up to a bias, in standard deviations, that. */
  readonly covariance: Matrix;
  readonly bias?: number;
}

/** Covariance of Langevin steps of this length without momentum. */
const langevin = (rate: number, energy: Matrix = precision): Matrix =>
  inverse(energy.clone().mmul(Matrix.eye(energy.rows).sub(energy.clone().mul(rate / (2 * rows)))));

/** Precision of weights and anchors of this variance. */
function coupled(anchorVariance: number): Matrix {
  const coupling = Matrix.eye(2).div(anchorVariance);
  return new Matrix(4, 4)
    .setSubMatrix(precision.clone().add(coupling), 0, 0)
    .setSubMatrix(coupling.clone().mul(-1), 0, 2)
    .setSubMatrix(coupling.clone().mul(-1), 2, 0)
    .setSubMatrix(coupling, 2, 2);
}

const methods: readonly Row[] = [
  {name: 'sgld', make: (options) => sgld(0.02, options), covariance: langevin(0.02)},
  {name: 'sghmc', make: (options) => sghmc(0.02, {...options, friction: 0.3}), covariance: exact, bias: 0.05},
  {name: 'sgnht', make: (options) => sgnht(0.02, {...options, friction: 0.3}), covariance: exact, bias: 0.05},
  {
    name: 'entropyMcmc',
    make: (options) => entropyMcmc(0.05, {...options, anchorVariance: 0.1}),
    burnIn: 250,
    covariance: langevin(0.05, coupled(0.1)).subMatrix(0, 1, 0, 1),
  },
  {
    // Kernel and bias of one layer are one block: nothing is lost.
    name: 'structuredSgmcmc',
    make: (options) => structuredSgmcmc(0.02, {...options, blocks: 'layer'}),
    covariance: langevin(0.02),
  },
];

describe('samplers on Bayesian linear regression, through model.fit', () => {
  for (const {name, make, covariance, bias, burnIn = 100} of methods) {
    it(`${name} recovers mean and covariance`, async () => {
      const {x, y, model} = linearRegression(UNITS);
      const likelihood = gaussian({noiseScale});
      const optimizer = make({trainSize: rows, priorPrecision, rng: createRng(1)});
      model.compile({optimizer, loss: likelihood.loss});
      const collector = checkpointEnsemble(model, {likelihood, start: burnIn, every: 15});
      await model.fit(x, y, {
        epochs: burnIn + 120,
        batchSize: rows,
        shuffle: false,
        callbacks: [collector],
        yieldEvery: 'never',
      });
      const posterior = collector.posterior();
      expectMoments(await chainsOf(posterior.members, UNITS), mean, covariance, bias);
      posterior.dispose();
      collector.dispose();
      optimizer.dispose();
      tf.dispose([x, y]);
      model.dispose();
    });
  }

  it('hmc recovers them, exactly even with steps that are far too long', async () => {
    const {x, y, model} = linearRegression(1);
    const start = mean.map((value, i) => tf.tensor([value], i === 0 ? [1, 1] : [1]));
    assignWeights(model.trainableWeights, start);
    // Leapfrog steps of 0.16 alone would have 4.4 times the variance in the narrowest direction.
    const posterior = await hmc(model, {
      likelihood: 'gaussian',
      noiseScale,
      priorPrecision,
      samples: 250,
      burnIn: 0,
      stepSize: 0.16,
      trajectory: 0.35,
      rng: createRng(2),
    }).fit(x, y);
    expectMoments(await chainsOf(posterior.members, 1), mean, exact);
    expect(posterior.run.acceptance).to.be.within(0.4, 0.9);
    expect(posterior.run.stepSize).to.equal(0.16);
    expect(posterior.run.divergences).to.equal(0);
    posterior.dispose();
    tf.dispose([x, y, ...start]);
    model.dispose();
  });
});
