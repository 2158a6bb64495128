import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {initBackend} from '../../../src/backend/index.ts';
import {
  type Curvature,
  createCurvature,
  DiagCurvature,
  FullCurvature,
  GeneralizedGaussNewton,
  KronCurvature,
  type SummedStructure,
  weightLayouts,
} from '../../../src/curvature/index.ts';
import {categorical, gaussian, type Likelihood} from '../../../src/likelihoods/index.ts';
import {createNet, type Net, sliceInputs} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {denseGaussNewton, denseJacobian} from '../../support/dense-jacobian.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {testNets} from '../../support/nets.ts';

const EXAMPLES = 5;

async function curvatureOf(
  net: Net,
  likelihood: Likelihood,
  x: tf.Tensor,
  structure: SummedStructure,
  {weights = 'all' as 'all' | 'last-layer', batchSize = EXAMPLES, labels = [0, 1, 2, 1, 0]} = {},
): Promise<Curvature> {
  const sum = createCurvature(structure, weightLayouts(net, weights, x));
  const ggn = new GeneralizedGaussNewton(net, likelihood, weights, sum);
  for (let start = 0; start < EXAMPLES; start += batchSize) {
    const size = Math.min(batchSize, EXAMPLES - start);
    const part = sliceInputs(x, start, size);
    const y =
      likelihood.name === 'categorical'
        ? await prepared(likelihood, labels.slice(start, start + size), net)
        : tf.zeros([size, net.outputSize]);
    await ggn.add(part, y);
    tf.dispose([part as tf.Tensor, y]);
  }
  return ggn.curvature;
}

async function prepared(likelihood: Likelihood, labels: number[], net: Net): Promise<tf.Tensor> {
  const raw = tf.tensor1d(labels, 'int32');
  const y = await likelihood.prepareTargets(raw, [labels.length, net.outputSize], 'test');
  raw.dispose();
  return y;
}

async function denseOracle(net: Net, likelihood: Likelihood, x: tf.Tensor): Promise<Float64Array> {
  const fisher = tf.tidy(() => likelihood.fisher(net.outputs(x)));
  const values = await fisher.data();
  fisher.dispose();
  return denseGaussNewton(await denseJacobian(net, x), values);
}

function diagonalOf(matrix: Float64Array): Float64Array {
  const size = Math.sqrt(matrix.length);
  return Float64Array.from({length: size}, (_, i) => matrix[i * size + i] as number);
}

describe('GeneralizedGaussNewton', () => {
  before(async () => {
    await initBackend(); // gradients of convolutions and embeddings need its training kernels
  });

  for (const [name, make] of Object.entries(testNets)) {
    for (const likelihood of [categorical(), gaussian({noiseScale: 0.7})]) {
      it(`${name}, ${likelihood.name}: full equals the sum of J^T Lambda J, diag its diagonal`, async () => {
        const {model, x} = make(EXAMPLES);
        await expectNoLeak(async () => {
          const net = createNet(model);
          const expected = await denseOracle(net, likelihood, x);
          const scale = Math.max(...expected.map(Math.abs));
          const full = await curvatureOf(net, likelihood, x, 'full', {batchSize: 2});
          const diag = await curvatureOf(net, likelihood, x, 'diag', {batchSize: 2});
          if (!(full instanceof FullCurvature && diag instanceof DiagCurvature)) throw new TypeError('wrong structure');
          closeTo(full.matrix, expected, {rtol: 1e-4, atol: 2e-6 * scale});
          const flat = diag.diagonals.flatMap((block) => Array.from(block));
          closeTo(flat, diagonalOf(expected), {rtol: 1e-4, atol: 2e-6 * scale});
        });
        model.dispose();
        x.dispose();
      });
    }

    it(`${name}: kron is the same however the data are split`, async () => {
      const {model, x} = make(EXAMPLES);
      await expectNoLeak(async () => {
        const net = createNet(model);
        const whole = (await curvatureOf(net, categorical(), x, 'kron')).toArrays();
        for (const batchSize of [1, 2, 3]) {
          const split = (await curvatureOf(net, categorical(), x, 'kron', {batchSize})).toArrays();
          for (const [key, values] of Object.entries(whole)) {
            closeTo(split[key] as Float64Array, values, {
              rtol: 1e-4,
              atol: 1e-6 * Math.max(1, ...values.map(Math.abs)),
            });
          }
        }
      });
      model.dispose();
      x.dispose();
    });
  }

  it('kron blocks of one example are exact for a Dense layer, and bias blocks always', async () => {
    const {model, x} = (testNets.dense as NonNullable<(typeof testNets)[string]>)(EXAMPLES);
    const net = createNet(model);
    const kron = await curvatureOf(net, categorical(), x, 'kron');
    const exact = await denseOracle(net, categorical(), x);
    if (!(kron instanceof KronCurvature)) throw new TypeError('wrong structure');
    const size = Math.sqrt(exact.length);
    const [kernelSize, biasSize] = [kron.layouts[0]?.size as number, kron.layouts[1]?.size as number];
    const block = Array.from({length: biasSize * biasSize}, (_, i) => {
      const [row, column] = [kernelSize + Math.floor(i / biasSize), kernelSize + (i % biasSize)];
      return exact[row * size + column] as number;
    });
    closeTo(kron.blocks[1]?.outputs as Float64Array, block, {rtol: 1e-4, atol: 1e-6});

    const one = sliceInputs(x, 0, 1) as tf.Tensor;
    const single = createCurvature('kron', kron.layouts);
    const y = await prepared(categorical(), [0], net);
    await new GeneralizedGaussNewton(net, categorical(), 'all', single).add(one, y);
    const oneExact = await denseOracle(net, categorical(), one);
    if (!(single instanceof KronCurvature)) throw new TypeError('wrong structure');
    const {inputs, outputs} = single.blocks[0] as (typeof single.blocks)[number];
    const [a, b] = [Math.sqrt(inputs.length), Math.sqrt(outputs.length)];
    const product = Array.from({length: kernelSize * kernelSize}, (_, i) => {
      const [row, column] = [Math.floor(i / kernelSize), i % kernelSize];
      const [i1, o1, i2, o2] = [Math.floor(row / b), row % b, Math.floor(column / b), column % b];
      return (inputs[i1 * a + i2] as number) * (outputs[o1 * b + o2] as number);
    });
    const expected = Array.from({length: kernelSize * kernelSize}, (_, i) => {
      return oneExact[Math.floor(i / kernelSize) * size + (i % kernelSize)] as number;
    });
    closeTo(product, expected, {rtol: 1e-4, atol: 1e-6});
    tf.dispose([one, y, x]);
    model.dispose();
  });

  for (const structure of ['full', 'kron', 'diag'] as const) {
    it(`last layer in closed form equals taps with the layers below frozen: ${structure}`, () =>
      expectNoLeak(async () => {
        const {model, x} = (testNets.dense as NonNullable<(typeof testNets)[string]>)(EXAMPLES);
        const closed = await curvatureOf(createNet(model), categorical(), x, structure, {
          weights: 'last-layer',
          batchSize: 3,
        });
        (model.layers[0] as tfl.layers.Layer).trainable = false;
        const tapped = await curvatureOf(createNet(model), categorical(), x, structure, {weights: 'all', batchSize: 2});
        for (const [key, values] of Object.entries(tapped.toArrays())) {
          closeTo(closed.toArrays()[key] as Float64Array, values, {rtol: 1e-4, atol: 1e-6});
        }
        model.dispose();
        x.dispose();
      }));

    for (const weights of ['all', 'last-layer'] as const) {
      it(`an ignored label adds nothing: ${weights}, ${structure}`, async () => {
        const {model, x} = (testNets.dense as NonNullable<(typeof testNets)[string]>)(EXAMPLES);
        const net = createNet(model);
        const masked = await curvatureOf(net, categorical(), x, structure, {weights, labels: [0, 1, 2, -100, -100]});
        const kept = createCurvature(structure, weightLayouts(net, weights, x));
        const part = sliceInputs(x, 0, 3);
        const y = await prepared(categorical(), [0, 1, 2], net);
        await new GeneralizedGaussNewton(net, categorical(), weights, kept).add(part, y);
        for (const [key, values] of Object.entries(kept.toArrays())) {
          closeTo(masked.toArrays()[key] as Float64Array, values, {rtol: 1e-5, atol: 1e-7});
        }
        tf.dispose([x, part as tf.Tensor, y]);
        model.dispose();
      });
    }
  }

  it('treats each position of sequence outputs as a target of its own', () =>
    expectNoLeak(async () => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.conv1d({
            filters: 2,
            kernelSize: 2,
            activation: 'tanh',
            inputShape: [4, 2],
            kernelInitializer: tfl.initializers.randomNormal({seed: 1}),
          }),
          tfl.layers.dense({units: 3, kernelInitializer: tfl.initializers.randomNormal({seed: 2, stddev: 1})}),
        ],
      });
      const x = tf.randomNormal([2, 4, 2], 0, 1, 'float32', 3);
      const net = createNet(model);
      const likelihood = categorical();
      const jacobian = await denseJacobian(net, x); // [2][3 positions * 3 classes]
      const fisher = tf.tidy(() =>
        tf.reshape(likelihood.fisher(net.outputs(x)), [2, 3, 9]).arraySync(),
      ) as number[][][];
      const rows = jacobian.flatMap((row) => [row.slice(0, 3), row.slice(3, 6), row.slice(6, 9)]);
      const expected = denseGaussNewton(rows, fisher.flat(2));
      const labels = tf.tensor2d(
        [
          [0, 1, 2],
          [2, 1, 0],
        ],
        [2, 3],
        'int32',
      );
      const y = await likelihood.prepareTargets(labels, [2, 3, 3], 'test');
      const sum = createCurvature('full', weightLayouts(net, 'all', x));
      await new GeneralizedGaussNewton(net, likelihood, 'all', sum).add(x, y);
      expect(sum).to.be.instanceOf(FullCurvature);
      closeTo((sum as FullCurvature).matrix, expected, {rtol: 1e-4, atol: 1e-6});
      tf.dispose([x, labels, y]);
      model.dispose();
    }));
});
