import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'chai';
import {type HmcPosterior, type HmcProgress, hmc} from '../../../ensembles/index.ts';
import {ConfigError, DataError} from '../../../src/errors.ts';
import {readWeights} from '../../../src/models/index.ts';
import {createRng} from '../../../src/random/index.ts';
import {onWarning} from '../../../src/warn.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {inputs, smallNet, targets} from '../nets.ts';

describe('hmc', () => {
  it('leaves the model as it is, repeats with the seed and keeps no tensors', async () => {
    const model = smallNet(3, 'softmax');
    const [x, y] = [inputs(), targets.categorical()];
    const before = await readWeights(model.weights);
    const draw = async (seed: number): Promise<Float64Array> => {
      const posterior = await hmc(model, {samples: 2, burnIn: 4, every: 2, rng: createRng(seed)}).fit(x, y);
      const last = await readWeights(posterior.members[1] as tf.Tensor[]);
      expect(posterior.size).to.equal(2);
      posterior.dispose();
      return last;
    };
    let first: Float64Array = new Float64Array();
    await expectNoLeak(async () => {
      first = await draw(1);
    });
    expect(await draw(1)).to.deep.equal(first);
    expect(await draw(2)).to.not.deep.equal(first);
    expect(await readWeights(model.weights)).to.deep.equal(before);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('sees all examples in every step, however many at once', async () => {
    const model = smallNet(3, 'softmax');
    const [x, y] = [inputs(), targets.categorical()];
    const draw = async (batchSize: number): Promise<Float64Array> => {
      const posterior = await hmc(model, {samples: 1, burnIn: 0, stepSize: 0.1, trajectory: 0.5, batchSize}).fit(x, y);
      const values = await readWeights(posterior.members[0] as tf.Tensor[]);
      posterior.dispose();
      return values;
    };
    closeTo(await draw(5), await draw(12), {atol: 1e-5});
    tf.dispose([x, y]);
    model.dispose();
  });

  it('adapts the step to the acceptance asked for', async () => {
    const model = smallNet(3, 'softmax');
    const [x, y] = [inputs(), targets.categorical()];
    const run = async (targetAcceptance: number): Promise<HmcPosterior['run']> => {
      const posterior = await hmc(model, {targetAcceptance, samples: 10, burnIn: 20, trajectory: 0.7}).fit(x, y);
      posterior.dispose();
      return posterior.run;
    };
    const [bold, careful] = [await run(0.5), await run(0.95)];
    expect(bold.stepSize).to.be.above(1.2 * careful.stepSize);
    expect(careful.acceptance).to.be.above(0.85);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('tells how far it has come, and warns of divergent trajectories', async () => {
    const model = smallNet(3, 'softmax');
    const [x, y] = [inputs(), targets.categorical()];
    const seen: HmcProgress[] = [];
    const warnings: string[] = [];
    const restore = onWarning((message) => warnings.push(message));
    try {
      const posterior = await hmc(model, {
        samples: 3,
        burnIn: 1,
        stepSize: 1000,
        maxSteps: 20,
        trajectory: 2e4,
        onProgress: (progress) => seen.push(progress),
      }).fit(x, y);
      expect(posterior.run.divergences).to.be.above(0);
      posterior.dispose();
    } finally {
      restore();
    }
    expect(seen.map(({transition}) => transition)).to.deep.equal([1, 2, 3, 4]);
    expect(seen.map(({burningIn}) => burningIn)).to.deep.equal([true, false, false, false]);
    expect(seen[0]?.stepSize).to.equal(1000);
    expect(seen[1]?.stepSize).to.not.equal(1000);
    expect(seen[3]?.stepSize).to.equal(seen[1]?.stepSize);
    expect(warnings.join()).to.match(/hmc\.fit: \d of 3 trajectories diverged/);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('refuses options out of range and a start without a likelihood', async () => {
    const model = smallNet(3, 'softmax');
    expect(() => hmc(model, {targetAcceptance: 1})).to.throw(ConfigError, 'targetAcceptance');
    expect(() => hmc(model, {priorPrecision: 0})).to.throw(ConfigError, 'priorPrecision');
    expect(() => hmc(model, {stepSize: -1})).to.throw(ConfigError, 'stepSize');
    expect(() => hmc(model, {samples: 0})).to.throw(ConfigError, 'samples');
    const [x, y] = [tf.fill([12, 2], Number.NaN), targets.categorical()];
    await expectRejection(hmc(model).fit(x, y), DataError, /finite/);
    tf.dispose([x, y]);
    model.dispose();
  });
});
