import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {swag} from '../../../ensembles/index.ts';
import {fitVbllHead, ivon, type VbllHead, vbllPosterior, vbllRegression} from '../../../layers/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {createRng, gaussian} from '../../../src/index.ts';
import {closeTo} from '../../support/close.ts';

const N = 24;

/** A Dense layer with a KL term: stands for a variational layer. */
class WeightNoise extends tfl.layers.Layer {
  static readonly className = 'TestWeightNoise';
  #scale: tfl.LayerVariable | undefined;

  constructor() {
    super({});
    this.addLoss(() => tf.tidy(() => tf.mul(tf.sum<tf.Scalar>(tf.square(this.#read())), 0.7)));
  }

  override build(shape: tfl.Shape): void {
    this.#scale = this.addWeight('scale', [shape.at(-1) as number], 'float32', tfl.initializers.ones());
    super.build(shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, this.#read());
  }

  #read(): tf.Tensor {
    return (this.#scale as tfl.LayerVariable).read();
  }
}

const seeded = (seed: number) => tfl.initializers.glorotNormal({seed});
const hidden = (): tfl.layers.Layer =>
  tfl.layers.dense({units: 6, activation: 'tanh', inputShape: [1], kernelInitializer: seeded(3)});
const createHead = (): VbllHead => vbllRegression({units: 1, trainSize: N, seed: 1});

function data(): {x: tf.Tensor2D; y: tf.Tensor2D} {
  return tf.tidy(() => {
    const x = tf.reshape(tf.linspace(-1, 1, N), [N, 1]) as tf.Tensor2D;
    return {x, y: tf.add(tf.sin(tf.mul(x, 2)), tf.randomNormal([N, 1], 0, 0.1, 'float32', 5)) as tf.Tensor2D};
  }) as {x: tf.Tensor2D; y: tf.Tensor2D};
}

describe('VBLL heads on features that have a posterior of their own', () => {
  before(async () => {
    await initBackend();
  });

  it('on top of layers with a divergence of their own, train the sum of both: the collapsed objective', async () => {
    const noise = new WeightNoise();
    const head = createHead();
    const model = tfl.sequential({layers: [hidden(), noise, head]});
    const {x, y} = data();
    const expected = tf.tidy(() => {
      const outputs = model.apply(x, {training: true}) as tf.Tensor;
      const own = [...noise.calculateLosses(), ...head.calculateLosses()];
      return own.reduce<tf.Scalar>((sum, one) => tf.add(sum, one), tf.mean(head.loss(y, outputs)));
    });
    model.compile({optimizer: 'sgd', loss: head.loss});
    const {history} = await model.fit(x, y, {epochs: 1, batchSize: N, verbose: 0});
    closeTo((history.loss as number[])[0] as number, (await expected.data())[0] as number, {rtol: 1e-5});
    expect(noise.calculateLosses().length).to.equal(1);
    tf.dispose([x, y, expected]);
  });

  it('are trained by IVON with the rest of the net, and predict from the features at its mean', async () => {
    const head = createHead();
    const model = tfl.sequential({layers: [hidden(), head]});
    const {x, y} = data();
    const score = async (): Promise<number> => {
      const predictive = await vbllPosterior(model).predict(x);
      const mean = tf.tidy(() => tf.mean(predictive.logProb(y)));
      const [value] = await mean.data();
      mean.dispose();
      predictive.dispose();
      return value as number;
    };
    const before = await score();
    const optimizer = ivon(0.05, {ess: N, hessInit: 5, beta2: 0.99, clipRadius: 1, rng: createRng(3)});
    model.compile({optimizer, loss: head.loss});
    await model.fit(x, y, {epochs: 150, batchSize: N, shuffle: false, verbose: 0});
    expect(await score()).to.be.above(before + 0.5);
    tf.dispose([x, y]);
    optimizer.dispose();
  });

  it('replace the last layer of a net at the mean of SWAG', async () => {
    const model = tfl.sequential({layers: [hidden(), tfl.layers.dense({units: 1, kernelInitializer: seeded(4)})]});
    const {x, y} = data();
    const likelihood = gaussian({noiseScale: 0.1});
    model.compile({optimizer: tf.train.adam(0.02), loss: likelihood.loss});
    const collector = swag(model, {likelihood, start: 4});
    await model.fit(x, y, {epochs: 10, batchSize: 8, shuffle: false, verbose: 0, callbacks: [collector]});
    const averaged = collector.posterior();
    model.setWeights([...averaged.mean]);
    const posterior = await fitVbllHead(model, x, y, {likelihood: 'gaussian', epochs: 20});
    const predictive = await posterior.predict(x);
    if (predictive.kind !== 'gaussian') throw new Error(predictive.kind);
    expect(Math.min(...(await predictive.epistemicVariance.data()))).to.be.above(0);
    const error = tf.tidy(() => tf.mean(tf.squaredDifference(predictive.mean, y)));
    const variance = tf.tidy(() => tf.moments(y).variance);
    expect((await error.data())[0]).to.be.below(((await variance.data())[0] as number) / 2);
    for (const owned of [predictive, posterior, averaged]) owned.dispose();
    tf.dispose([x, y, error, variance]);
  });
});
