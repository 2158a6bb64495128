import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers gradients
import {expect} from 'chai';
import type {AmortizedPosterior} from '../../../inference/amortized/amortized-posterior.ts';
import {amortizedPosterior} from '../../../inference/amortized/create-amortized-posterior.ts';
import {modelSimulator} from '../../../inference/amortized/simulator.ts';
import {deepSet} from '../../../inference/amortized/summary-deep-set.ts';
import type {TrainingOptions} from '../../../inference/amortized/training.ts';
import {affineCouplingFlow, planarFlow} from '../../../inference/flows/index.ts';
import {createModel} from '../../../inference/model/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {halfNormal, normal} from '../../../src/distributions/index.ts';
import {ConfigError, ModelMismatchError, ShapeError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {expectRejection} from '../../support/rejection.ts';
import {model, scaledSimulator, small} from './normal-mean.ts';

const short: TrainingOptions = {simulations: 200, validation: 50, epochs: 4, batchSize: 64, rng: createRng(1)};

describe('amortizedPosterior.train', () => {
  before(async () => {
    await initBackend();
  });

  const drawsOf = async (posterior: AmortizedPosterior): Promise<number[]> => {
    const theta = tf.tidy(() => posterior.sample(tf.ones([1, 10]), {draws: 9, rng: createRng(2)}).theta);
    const values = Array.from(await theta.data());
    theta.dispose();
    return values;
  };

  it('goes on after a break as if there had been none, and refuses the checkpoint of another run', async () => {
    let artifacts: tf.io.ModelArtifacts | undefined;
    const place: tf.io.IOHandler = {
      save: async (saved) => {
        artifacts = saved;
        return {modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved)};
      },
      load: async () => {
        if (artifacts === undefined) throw Object.assign(new Error('nothing there'), {code: 'ENOENT'});
        return artifacts;
      },
    };
    const whole = small();
    const training = await whole.train(short);
    expect(training.history).to.have.length(4);
    const broken = small();
    const stop = new Error('killed');
    const onProgress = ({epoch}: {epoch: number}) => {
      if (epoch === 3) throw stop;
    };
    const saving = {...short, checkpoint: place, checkpointEvery: 2};
    await broken.train({...saving, onProgress}).catch((error) => expect(error).to.equal(stop));
    const resumed = small();
    const epochs: number[] = [];
    const rest = await resumed.train({...saving, onProgress: ({epoch}) => void epochs.push(epoch)});
    expect(epochs).to.deep.equal([3, 4]);
    expect(rest).to.deep.equal(training);
    closeTo(await drawsOf(resumed), await drawsOf(whole));
    const refused = /checkpoint of the same networks, simulator, options and stream/;
    const other = small();
    await expectRejection(other.train({...saving, learningRate: 1}), ModelMismatchError, refused);
    const elsewhere = small(scaledSimulator(1));
    await expectRejection(elsewhere.train(saving), ModelMismatchError, refused);
    for (const made of [whole, broken, resumed, other, elsewhere]) made.dispose();
  });

  it('keeps the weights of the best epoch, leaves no tensor and repeats with the same stream', async () => {
    await expectNoLeak(async () => {
      const [a, b] = [small(), small()];
      const history = await a.train({...short, learningRate: 0.3, epochs: 6});
      const losses = history.history.map(({validationLoss}) => validationLoss);
      expect(losses[history.bestEpoch - 1]).to.equal(Math.min(...losses));
      expect(await b.train({...short, learningRate: 0.3, epochs: 6})).to.deep.equal(history);
      const held = await b.simulator.simulate((short.rng as ReturnType<typeof createRng>).fork('validation'), 50);
      const loss = tf.tidy(() => tf.neg(tf.mean(b.logDensity(held.theta, held.data))));
      expect((await loss.data())[0]).to.be.closeTo(Math.min(...losses), 1e-4);
      tf.dispose([loss, held.theta, held.data] as tf.Tensor[]);
      a.dispose();
      b.dispose();
    });
  });

  it('leaves a trained posterior as it was where training goes wrong', async () => {
    const {simulate} = modelSimulator(model);
    let broken = false;
    const posterior = small({
      simulate: async (rng, count) => {
        const made = await simulate(rng, count);
        if (!broken) return made;
        tf.dispose(made.data);
        return {theta: made.theta, data: tf.fill([count, 10], Number.NaN)};
      },
    });
    await posterior.train(short);
    const before = await drawsOf(posterior);
    broken = true;
    await expectRejection(posterior.train(short), ConfigError, /losses that are finite/);
    expect(await drawsOf(posterior)).to.deep.equal(before);
    posterior.dispose();
  });

  it('standardizes parameters however small', async () => {
    const posterior = small(scaledSimulator(1e-8));
    await posterior.train(short);
    const draws = await drawsOf(posterior);
    const size = Math.sqrt(draws.reduce((sum, value) => sum + value ** 2, 0) / draws.length);
    expect(size).to.be.within(2e-9, 5e-8);
    posterior.dispose();
  });

  it('refuses a simulator without a row for each simulation, and leaves no tensor', async () => {
    const {simulate} = scaledSimulator(1);
    const shortOf = small({
      simulate: async (rng, count) => {
        const {theta, data} = await simulate(rng, count);
        tf.dispose(data);
        return {theta, data: {x: tf.zeros([count, 10]), y: tf.zeros([count - 1, 10])}};
      },
    });
    const thrown = new Error('no more simulations');
    const unsteady = small({
      simulate: (rng, count) => {
        if (count === short.validation) throw thrown;
        return simulate(rng, count);
      },
    });
    await expectNoLeak(async () => {
      await expectRejection(
        shortOf.train(short),
        ShapeError,
        /amortizedPosterior\.train: expected .*theta \[200, D\].*got \[200,1\] and \[200,10\], \[199,10\]/,
      );
      await unsteady.train(short).catch((error) => expect(error).to.equal(thrown));
    });
    for (const made of [shortOf, unsteady]) made.dispose();
  });

  it('takes simulators of its own, and names columns of models', async () => {
    const posterior = small(scaledSimulator(1));
    expect(posterior.names).to.deep.equal(['theta[0]']);
    await posterior.train(short);
    posterior.dispose();
    const two = createModel({
      parameters: {a: halfNormal(1), b: {prior: normal(0, 1), shape: [2]}},
      observe: ({a}) => ({y: {distribution: normal(0, tf.expandDims(a as tf.Tensor, 1)), value: tf.zeros([3])}}),
    });
    const named = amortizedPosterior({
      simulator: two,
      summaryNetwork: deepSet({outputDimension: 2, inner: [4]}),
      flow: affineCouplingFlow({dimension: 3, contextDimension: 2, layers: 1, hidden: [4]}),
    });
    expect(named.names).to.deep.equal(['a', 'b[0]', 'b[1]']);
    named.dispose();
  });

  it('says what does not fit', async () => {
    const summaryNetwork = deepSet({outputDimension: 2, inner: [4]});
    const make = (flow: ReturnType<typeof planarFlow>) => () =>
      amortizedPosterior({simulator: model, summaryNetwork, flow});
    expect(make(planarFlow({dimension: 1}))).to.throw(ConfigError, /a flow with an inverse, got planar/);
    expect(make(affineCouplingFlow({dimension: 1}))).to.throw(ConfigError, /a context of 2 columns.*got 0/);
    expect(make(affineCouplingFlow({dimension: 2, contextDimension: 2}))).to.throw(ConfigError, /flow of 1 columns/);
    const posterior = small();
    await expectRejection(posterior.train({...short, epochs: 0}), ConfigError, /epochs to be a whole number from 1/);
    await expectRejection(posterior.train({...short, learningRate: -1}), ConfigError, /learningRate above 0/);
    const nan = small({
      simulate: async (_, count) => ({theta: tf.fill([count, 1], Number.NaN), data: tf.zeros([count, 10])}),
    });
    await expectRejection(nan.train(short), ConfigError, /losses that are finite, got NaN.*epoch 1/);
    await posterior.train({...short, epochs: 1});
    const [theta, data] = [tf.zeros([3, 1]), tf.zeros([2, 10])] as [tf.Tensor2D, tf.Tensor2D];
    expect(() => posterior.logDensity(theta, data)).to.throw(ShapeError, /\[S times 2, 1\], got \[3,1\]/);
    expect(() => posterior.sample(data, {rng: [createRng(1)]})).to.throw(ConfigError, /one for each of 2 data sets/);
    tf.dispose([theta, data]);
    for (const made of [posterior, nan]) made.dispose();
    summaryNetwork.dispose();
  });
});
