import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {initBackend} from '../../../src/backend/index.ts';
import {
  createCurvature,
  GeneralizedGaussNewton,
  type SummedStructure,
  type WeightSharing,
  weightLayouts,
} from '../../../src/curvature/index.ts';
import {gaussian} from '../../../src/likelihoods/index.ts';
import {createNet} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {denseCurvature} from '../../support/dense-curvature.ts';

const [EXAMPLES, POSITIONS] = [5, 4];

const normal = (seed: number) => tfl.initializers.randomNormal({stddev: 0.7, seed});
const dense = (units: number, seed: number): tfl.layers.Layer =>
  tfl.layers.dense({units, kernelInitializer: normal(seed)});

/** Deep and linear, so that the gradients are the same for every example. */
function linearNet(positions: number[], layers: readonly tfl.layers.Layer[]): tfl.LayersModel {
  const reshape = tfl.layers.reshape({targetShape: [...positions, 2], inputShape: [POSITIONS, 2]});
  return tfl.sequential({layers: [reshape, ...layers]});
}

/** The block of each weight, row-major. */
async function blocksOf(
  model: tfl.LayersModel,
  structure: SummedStructure,
  sharing: WeightSharing = 'expand',
): Promise<number[][]> {
  const net = createNet(model);
  const x = tf.randomNormal([EXAMPLES, POSITIONS, 2], 0.5, 1, 'float32', 4);
  const y = tf.tidy(() => tf.zerosLike(net.outputs(x)));
  const sum = createCurvature(structure, weightLayouts(net, 'all', x), {sharing});
  await new GeneralizedGaussNewton(net, gaussian({noiseScale: 1}), 'all', sum).add(x, y);
  tf.dispose([x, y]);
  const whole = denseCurvature(sum);
  let end = 0;
  return sum.layouts.map(({size}) => {
    const start = end;
    end += size;
    return whole.subMatrix(start, end - 1, start, end - 1).to1DArray();
  });
}

function expectSame(actual: readonly number[][], expected: readonly number[][]): void {
  actual.forEach((block, i) => {
    const scale = Math.max(...(expected[i] as number[]).map(Math.abs));
    closeTo(block, expected[i] as number[], {rtol: 1e-4, atol: 1e-5 * scale});
  });
}

describe('KFAC of weights at several positions, in deep linear nets', () => {
  before(async () => {
    await initBackend();
  });

  it('reduce is exact where the positions are averaged', async () => {
    const model = linearNet(
      [POSITIONS],
      [dense(3, 1), dense(3, 2), tfl.layers.globalAveragePooling1d({}), dense(2, 3)],
    );
    const exact = await blocksOf(model, 'full');
    expectSame(await blocksOf(model, 'kron', 'reduce'), exact);
    const [expanded] = await blocksOf(model, 'kron', 'expand');
    expect(expanded?.[0]).not.to.be.closeTo(exact[0]?.[0] as number, 0.01);
    model.dispose();
  });

  it('expand is exact where every position has a target of its own', async () => {
    const model = linearNet([POSITIONS], [dense(3, 1), dense(3, 2), dense(2, 3)]);
    const exact = await blocksOf(model, 'full');
    expectSame(await blocksOf(model, 'kron', 'expand'), exact);
    const [reduced] = await blocksOf(model, 'kron', 'reduce');
    expect(reduced?.[0]).not.to.be.closeTo(exact[0]?.[0] as number, 0.01);
    model.dispose();
  });

  it('are one and the same for a single position', async () => {
    const model = linearNet([POSITIONS], [tfl.layers.flatten(), dense(3, 1), dense(2, 2)]);
    const reduced = await blocksOf(model, 'kron', 'reduce');
    expectSame(reduced, await blocksOf(model, 'full'));
    expect(reduced).to.deep.equal(await blocksOf(model, 'kron', 'expand'));
    model.dispose();
  });

  it('reduce treats each group of a depthwise kernel, too', async () => {
    const depthwise = tfl.layers.depthwiseConv2d({kernelSize: 1, useBias: false, depthwiseInitializer: normal(1)});
    const model = linearNet([2, 2], [depthwise, tfl.layers.globalAveragePooling2d({}), dense(2, 2)]);
    const [reduced] = await blocksOf(model, 'kron', 'reduce');
    const [exact] = await blocksOf(model, 'full');
    const diagonal = (block: number[] | undefined): number[] => [0, 3].map((k) => block?.[k] as number);
    closeTo(diagonal(reduced), diagonal(exact), {rtol: 1e-5}); // groups have nothing in common in a Kronecker block
    model.dispose();
  });
});
