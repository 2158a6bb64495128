import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {initBackend} from '../../../src/backend/index.ts';
import {createCurvature, GeneralizedGaussNewton, KronCurvature, weightLayouts} from '../../../src/curvature/index.ts';
import {categorical} from '../../../src/likelihoods/index.ts';
import {createNet} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';

/** Labels of three examples at four positions; -100 does not count. */
const LABELS = [0, -100, 2, 1, -100, -100, -100, -100, -100, 1, -100, 0];

async function kronOf(
  model: tfl.LayersModel,
  x: tf.Tensor,
  labels: tf.Tensor,
  outputShape: number[],
  weights: 'all' | 'last-layer',
): Promise<KronCurvature> {
  const net = createNet(model);
  const y = await categorical().prepareTargets(labels, outputShape, 'test');
  const sum = createCurvature('kron', weightLayouts(net, weights, x));
  await new GeneralizedGaussNewton(net, categorical(), weights, sum).add(x, y);
  y.dispose();
  if (!(sum instanceof KronCurvature)) throw new TypeError(sum.structure);
  return sum;
}

describe('Kronecker factors of sequences with ignored positions', () => {
  before(async () => {
    await initBackend();
  });

  it('count the positions whose target counts, on every path', async () => {
    const kernelInitializer = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 5, activation: 'tanh', inputShape: [4, 2], kernelInitializer: kernelInitializer(1)}),
        tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: kernelInitializer(2)}),
      ],
    });
    const x = tf.randomNormal([3, 4, 2], 0, 1, 'float32', 3);
    const labels = tf.tensor2d(LABELS, [3, 4], 'int32');
    const all = await kronOf(model, x, labels, [3, 4, 3], 'all');
    const last = await kronOf(model, x, labels, [3, 4, 3], 'last-layer');
    expect(all.blocks.map(({count}) => count)).to.deep.equal([5, 1, 5, 1]);
    for (const i of [0, 1]) {
      closeTo(all.blocks[2 + i]?.inputs as Float64Array, last.blocks[i]?.inputs as Float64Array, {rtol: 1e-5});
      closeTo(all.blocks[2 + i]?.outputs as Float64Array, last.blocks[i]?.outputs as Float64Array, {
        rtol: 1e-5,
        atol: 1e-6,
      });
    }
    // What is ignored says nothing: other inputs there change no factor.
    const ignored = tf.tensor3d(
      LABELS.flatMap((label) => (label < 0 ? [3, -2] : [0, 0])),
      [3, 4, 2],
    );
    const changed = tf.add(x, ignored);
    const same = await kronOf(model, changed, labels, [3, 4, 3], 'all');
    all.blocks.forEach(({inputs, outputs}, i) => {
      closeTo(same.blocks[i]?.inputs as Float64Array, inputs, {rtol: 1e-5});
      closeTo(same.blocks[i]?.outputs as Float64Array, outputs, {rtol: 1e-5, atol: 1e-6});
    });
    tf.dispose([x, labels, ignored, changed]);
    model.dispose();
  });

  it('count all positions of an example with a target where the outputs have other positions', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 2, inputShape: [4, 2]}),
        tfl.layers.averagePooling1d({poolSize: 2}),
        tfl.layers.dense({units: 3, activation: 'softmax'}),
      ],
    });
    const x = tf.randomNormal([3, 4, 2], 0, 1, 'float32', 3);
    const labels = tf.tensor2d([0, -100, -100, -100, 1, 2], [3, 2], 'int32');
    const {blocks} = await kronOf(model, x, labels, [3, 2, 3], 'all');
    expect(blocks.map(({count}) => count)).to.deep.equal([8, 1, 3, 1]);
    tf.dispose([x, labels]);
    model.dispose();
  });
});
