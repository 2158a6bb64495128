import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  bayesConv2d,
  bayesDense,
  bayesGru,
  bayesLstm,
  bayesSimpleRnn,
  bayesTimeDistributed,
  type Estimator,
  type VariationalHost,
  type VariationalLayer,
} from '../../../layers/index.ts';
import type {RandomWeight} from '../../../layers/variational/random-weight.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {withWeights} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';

const ESTIMATORS: readonly Estimator[] = ['flipout', 'local-reparameterization', 'reparameterization'];
const trainSize = 100;

/** Starts the weight of a layer at this mean and these standard deviations. */
function startAt({q}: VariationalLayer, name: string, mean: tf.Tensor, scale: tf.Tensor | number): void {
  q.restart(q.all.find((weight) => weight.name === name) as RandomWeight, {mean, scale});
}

/** Throws unless numbers that are said to be independent normal draws have this mean and variance, within 4.5 standard errors. */
function checkMoments(draws: ArrayLike<number>, mean: number, variance: number): void {
  const n = draws.length;
  const average = Array.from(draws).reduce((sum, one) => sum + one, 0) / n;
  const spread = Array.from(draws).reduce((sum, one) => sum + (one - mean) ** 2, 0) / n;
  closeTo(average, mean, {rtol: 0, atol: 4.5 * Math.sqrt(variance / n)});
  closeTo(spread, variance, {rtol: 4.5 * Math.sqrt(2 / n)});
}

async function trainingPass(model: tfl.LayersModel | tfl.layers.Layer, x: tf.Tensor): Promise<number[]> {
  const outputs = tf.tidy(() => (model as tfl.layers.Layer).apply(x, {training: true}) as tf.Tensor);
  const values = Array.from(await outputs.data());
  outputs.dispose();
  return values;
}

describe('estimators of variational layers', () => {
  before(async () => {
    await initBackend({prefer: 'wasm'});
  });

  for (const estimator of ESTIMATORS) {
    it(`gives pre-activations of Dense their moments: ${estimator}`, async () => {
      const units = 20000; // each unit is a draw of its own
      const layer = bayesDense({units, useBias: false, inputShape: [2], estimator, trainSize});
      const x = tf.tensor2d([[1, 2]]);
      layer.apply(x);
      startAt(layer, 'kernel', tf.tile(tf.tensor2d([[0.1], [-0.2]]), [1, units]), tf.tensor2d([[0.3], [0.4]]));
      checkMoments(await trainingPass(layer, x), -0.3, 0.73);
    });

    it(`gives pre-activations of Conv2D their moments, the bias included: ${estimator}`, async () => {
      const filters = 5000;
      const layer = bayesConv2d({
        filters,
        kernelSize: 2,
        inputShape: [3, 3, 2],
        estimator,
        trainSize,
        bias: 'mean-field',
      });
      const x = tf.randomNormal([1, 3, 3, 2], 0, 1, 'float32', 3) as tf.Tensor4D;
      layer.apply(x);
      const [mean, scale] = [
        tf.randomNormal([2, 2, 2, 1], 0, 1, 'float32', 4),
        tf.randomUniform([2, 2, 2, 1], 0.1, 0.5, 'float32', 5),
      ];
      startAt(layer, 'kernel', tf.tile(mean, [1, 1, 1, filters]), scale);
      startAt(layer, 'bias', tf.fill([filters], 0.3), 0.2);
      const means = await tf.add(tf.conv2d(x, mean as tf.Tensor4D, 1, 'valid'), 0.3).data();
      const variances = await tf.add(tf.conv2d(tf.square(x), tf.square(scale) as tf.Tensor4D, 1, 'valid'), 0.04).data();
      const draws = await trainingPass(layer, x);
      for (let position = 0; position < 4; position++) {
        const ofPosition = draws.slice(position * filters, (position + 1) * filters);
        checkMoments(ofPosition, means[position] as number, variances[position] as number);
      }
    });
  }

  it('gives outputs of an LSTM the same moments by Flipout and plain reparameterization', async () => {
    const passes = 300;
    const x = tf.randomNormal([1, 3, 2], 0, 1, 'float32', 3);
    const sample = async (estimator: Estimator): Promise<number[]> => {
      const layer = bayesLstm({name: 'lstm', units: 2, estimator, trainSize, initialScale: 0.3, bias: 'mean-field'});
      layer.apply(x);
      for (const [i, {name, shape}] of (layer.inner[0] as VariationalLayer).q.all.entries()) {
        startAt(layer.inner[0] as VariationalLayer, name, tf.randomNormal([...shape], 0, 0.5, 'float32', i + 1), 0.3);
      }
      const draws: number[] = [];
      for (let pass = 0; pass < passes; pass++) draws.push((await trainingPass(layer, x))[0] as number);
      return draws;
    };
    const [flipped, plain] = [await sample('flipout'), await sample('reparameterization')];
    const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    const variance = (values: readonly number[]): number => mean(values.map((one) => (one - mean(values)) ** 2));
    closeTo(mean(flipped), mean(plain), {rtol: 0, atol: 4 * Math.sqrt((2 * variance(plain)) / passes)});
    closeTo(Math.log(variance(flipped) / variance(plain)), 0, {atol: 4 * Math.sqrt(4 / passes)});
  });

  for (const [kind, create] of Object.entries({SimpleRNN: bayesSimpleRnn, LSTM: bayesLstm, GRU: bayesGru})) {
    it(`runs ${kind} under Flipout as the stock layer would with the weights of each example`, async () => {
      const layer = create({units: 3, trainSize, estimator: 'flipout', bias: 'mean-field', initialScale: 0.5});
      const x = tf.randomNormal([4, 5, 2], 0, 1, 'float32', 3);
      layer.apply(x);
      const cell = layer.inner[0] as VariationalLayer;
      const [outputs, expected] = cell.q.withDraw({training: true}, () => {
        const flipped = layer.call(x, {training: true}) as tf.Tensor;
        const examples = tf.split(x, 4).map((example, n) => {
          const weights = cell.q.all.map((weight) => weightOf(cell, weight, n, 3));
          const variables = cell.q.all.map(({family}) => family.drawn[0] as tfl.LayerVariable);
          return withWeights(variables, weights, () => layer.call(example, {}) as tf.Tensor);
        });
        return [flipped, tf.concat(examples)] as [tf.Tensor, tf.Tensor];
      });
      closeTo(await outputs.data(), await expected.data(), {rtol: 1e-4, atol: 1e-5});
      expect(new Set(await tf.slice(outputs, [0, 0], [4, 1]).data()).size).to.equal(4);
    });
  }

  it('has less variance in its gradients by Flipout than by plain reparameterization at batch 128', async () => {
    const x = tf.randomNormal([128, 10], 0, 1, 'float32', 3);
    const varianceOf = async (estimator: Estimator): Promise<number> => {
      const layer = bayesDense({name: 'dense', units: 5, estimator, trainSize, inputShape: [10]});
      layer.apply(x);
      startAt(layer, 'kernel', tf.randomNormal([10, 5], 0, 0.3, 'float32', 4), 0.3);
      const mean = (layer.q.all[0] as RandomWeight).family.variables[0]?.read() as tf.Variable;
      const gradients: Float32Array[] = [];
      for (let pass = 0; pass < 40; pass++) {
        const loss = () => tf.mean(tf.square(layer.apply(x, {training: true}) as tf.Tensor)) as tf.Scalar;
        const {grads} = tf.variableGrads(loss, [mean]);
        gradients.push(await (grads[mean.name] as tf.Tensor).data<'float32'>());
      }
      const at = (i: number): number[] => gradients.map((one) => one[i] as number);
      return Array.from({length: 50}, (_, i) => {
        const average = at(i).reduce((sum, one) => sum + one, 0) / 40;
        return at(i).reduce((sum, one) => sum + (one - average) ** 2, 0) / 39;
      }).reduce((sum, one) => sum + one, 0);
    };
    expect(await varianceOf('flipout')).to.be.below(0.2 * (await varianceOf('reparameterization')));
  });

  it('uses one draw of the weights for all steps and for all calls in a pass', async () => {
    const layer = bayesDense({units: 3, trainSize, estimator: 'reparameterization'});
    const distributed = bayesTimeDistributed({layer, inputShape: [4, 2]});
    const steps = await trainingPass(distributed, tf.ones([1, 4, 2]));
    expect(new Set(steps).size).to.equal(3);

    const difference = async (estimator: Estimator): Promise<number> => {
      const input = tfl.input({shape: [2]});
      const shared = bayesDense({units: 3, trainSize, estimator});
      const outputs = [shared.apply(input), shared.apply(input)] as tfl.SymbolicTensor[];
      const model = tfl.model({inputs: input, outputs});
      const {value} = tf.variableGrads(
        () => {
          const [a, b] = model.apply(tf.ones([4, 2]), {training: true}) as tf.Tensor[];
          return tf.sum(tf.abs(tf.sub(a as tf.Tensor, b as tf.Tensor))) as tf.Scalar;
        },
        model.trainableWeights.map((weight) => weight.read() as tf.Variable),
      );
      return (await value.data())[0] as number;
    };
    expect(await difference('reparameterization')).to.equal(0);
    expect(await difference('flipout')).to.equal(0);
    expect(await difference('local-reparameterization'), 'its noise is no draw of the weights').to.be.above(0);
  });

  it('draws a frozen layer too, whose posterior the others must live with', async () => {
    const layer = bayesDense({units: 3, trainSize, inputShape: [2]});
    layer.apply(tf.ones([1, 2]));
    layer.trainable = false;
    const [first, second] = [await trainingPass(layer, tf.ones([1, 2])), await trainingPass(layer, tf.ones([1, 2]))];
    expect(first).to.not.deep.equal(second);
  });

  it('refuses what is not defined, and says why', () => {
    const lstm = () => bayesLstm({units: 2, trainSize, estimator: 'local-reparameterization'});
    expect(lstm).to.throw(ConfigError, /another law than weights that stay/);
    const dropout = () => bayesLstm({units: 2, trainSize, estimator: 'flipout', dropout: 0.5});
    expect(dropout).to.throw(ConfigError, /no dropout under the estimator 'flipout'/);
    const family = () => bayesDense({units: 2, trainSize, estimator: 'flipout', family: 'full'}).build([null, 3]);
    expect(family).to.throw(ConfigError, /independent elements.*'full'/);
    const regularized = () =>
      bayesDense({
        units: 2,
        trainSize,
        kernelRegularizer: 'l1l2' as unknown as ReturnType<typeof tfl.regularizers.l2>,
      }).build([null, 3]);
    expect(regularized).to.throw(ConfigError, /the prior has its place/);
    expect(() => bayesDense({units: 2, trainSize: 0})).to.throw(ConfigError, /trainSize/);
    expect(() => bayesDense({units: 2, trainSize, estimator: 'flip' as Estimator})).to.throw(ConfigError, /'flip'/);
  });

  it('refuses hand-made wrappers that would lose the draw or the KL divergence', async () => {
    const cell = bayesLstm({units: 2, trainSize}) as VariationalHost & {cell: tfl.layers.RNNCell};
    const rnn = tfl.sequential({layers: [tfl.layers.rnn({cell: cell.cell, inputShape: [3, 2]})]});
    expect(() => rnn.apply(tf.ones([1, 3, 2]), {training: true})).to.throw(ConfigError, /bayesRnn/);
    const layer = bayesLstm({units: 2, trainSize});
    const wrapped = tfl.sequential({layers: [tfl.layers.bidirectional({layer, mergeMode: 'sum', inputShape: [3, 2]})]});
    wrapped.predict(tf.ones([1, 3, 2]));
    expect(() => wrapped.calculateLosses()).to.throw(ConfigError, /bayesBidirectional/);
  });
});

/** The weight of one example under the signs of a draw. */
function weightOf({q}: VariationalLayer, weight: RandomWeight, n: number, units: number): tf.Tensor {
  const row = (tag: string, columns: number): tf.Tensor => tf.slice(q.signs(tag, [4, columns]), [n, 0], [1, columns]);
  const [rows, columns] =
    weight.shape.length === 2 ? (weight.shape as [number, number]) : [1, weight.shape[0] as number];
  const halves = weight.name === 'recurrent_kernel' && columns === 3 * units ? [2 * units, units] : [columns];
  const starts = halves.map((_, i) => halves.slice(0, i).reduce((sum, one) => sum + one, 0));
  const outputs = tf.concat(
    halves.map((size, i) => row(weight.name === 'bias' ? 'bias' : `${weight.name} out ${starts[i]}`, size)),
    1,
  );
  const inputs = weight.name === 'bias' ? tf.ones([1, 1]) : row(`${weight.name} in`, rows);
  const signs = tf.reshape(tf.matMul(tf.transpose(inputs) as tf.Tensor2D, outputs as tf.Tensor2D), [...weight.shape]);
  return tf.add(weight.family.mean(), tf.mul(weight.deviation as tf.Tensor, signs));
}
