import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {createMasks} from '../../../ensembles/efficient/masks.ts';
import {masksembles, memberMask, memberPosterior} from '../../../ensembles/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {createRng} from '../../../src/random/index.ts';
import {closeTo} from '../../support/close.ts';
import {inputs} from '../nets.ts';
import {conv, images, predictions, reloaded, sameAs} from './nets.ts';

const wide = (dropout: boolean): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: 16,
        activation: 'tanh',
        inputShape: [2],
        kernelInitializer: tfl.initializers.randomNormal({seed: 1}),
      }),
      ...(dropout ? [tfl.layers.dropout({rate: 0.5})] : []),
      tfl.layers.dense({
        units: 3,
        activation: 'softmax',
        kernelInitializer: tfl.initializers.randomNormal({seed: 2, stddev: 1}),
      }),
    ],
  });

describe('masks of Masksembles', () => {
  for (const scale of [1, 1.5, 2, 3]) {
    it(`of scale ${scale}: all channels used, as many kept by each, sharing 1 / (2 scale - 1)`, () => {
      const shared: number[] = [];
      for (let seed = 0; seed < 8; seed++) {
        const {kept, size} = createMasks(4, 256, scale, createRng(seed));
        expect(kept.map((mask) => mask.length)).to.deep.equal([size, size, size, size]);
        expect(new Set(kept.flat()).size).to.equal(256);
        expect(Math.max(...kept.flat())).to.equal(255);
        const sets = kept.map((mask) => new Set(mask));
        for (let a = 0; a < 4; a++) {
          for (let b = 0; b < a; b++) {
            const both = (kept[a] as number[]).filter((channel) => sets[b]?.has(channel)).length;
            shared.push(both / (2 * size - both));
          }
        }
      }
      const mean = shared.reduce((sum, one) => sum + one / shared.length, 0);
      // The intersection is hypergeometric with a standard deviation below 5 of about 130 / scale; over 48 pairs.
      closeTo(mean, 1 / (2 * scale - 1), {rtol: scale === 1 ? 1e-12 : 0.03});
    });
  }

  it('are the same for the same seed, others for another, and refused where there are too few channels', () => {
    const masks = (seed: number) => createMasks(3, 20, 2, createRng(seed)).kept;
    expect(masks(1)).to.deep.equal(masks(1));
    expect(masks(1)).to.not.deep.equal(masks(2));
    expect(() => createMasks(5, 2, 50, createRng(1))).to.throw(ConfigError, /smaller scale/);
  });
});

describe('masksembles', () => {
  before(async () => {
    await initBackend();
  });

  it('masks each row by its member, scaled so that sums keep their size', async () => {
    const layer = memberMask({members: 3, scale: 2, seed: 5});
    const ones = tf.ones([6, 4, 12]);
    const y = (await (layer.apply(ones) as tf.Tensor3D).array()) as number[][][];
    const masks = (await (layer.getWeights()[0] as tf.Tensor2D).array()) as number[][];
    for (const [j, row] of y.entries()) for (const place of row) expect(place).to.deep.equal(masks[j % 3]);
    for (const mask of masks) {
      closeTo(
        mask.reduce((sum, value) => sum + value, 0),
        12,
        {rtol: 1e-6},
      );
    }
    expect(masks[0]).to.not.deep.equal(masks[1]);
    expect(layer.trainableWeights).to.deep.equal([]);
    ones.dispose();
  });

  it('takes the place of dropout, else stands before every kernel but the first, or where it is told', () => {
    const masked = (model: tfl.LayersModel): number[] =>
      model.layers.flatMap((layer, i) => (layer.getClassName() === 'BayesMemberMask' ? [i] : []));
    const withDropout = masksembles(wide(true), {members: 2});
    expect(withDropout.layers.some((layer) => layer.getClassName() === 'Dropout')).to.equal(false);
    expect(masked(withDropout)).to.deep.equal([3]); // input, members, first layer, masks
    expect(masked(masksembles(wide(false), {members: 2}))).to.deep.equal([3]);
    const net = conv();
    expect(masked(masksembles(net, {members: 2})).length).to.equal(1);
    const first = net.layers[0] as tfl.layers.Layer;
    expect(() => masksembles(net, {members: 2, layers: ['nobody']})).to.throw(ConfigError, /nobody/);
    expect(() => masksembles(net, {members: 5, layers: [first.name], scale: 50})).to.throw(
      ConfigError,
      /smaller scale/,
    );
  });

  it('with scale 1 is the old net; with more, members differ, also after saving and loading the model', async () => {
    const x = inputs();
    await sameAs(masksembles(wide(true), {members: 3, scale: 1}), x, await predictions(wide(true), x));
    const model = masksembles(wide(false), {members: 3, seed: 4});
    const posterior = memberPosterior(model);
    const draws = await posterior.predict(x, {keepMembers: true});
    if (draws.kind !== 'categorical') throw new TypeError(draws.kind);
    const [a, b] = (await (draws.memberProbs as tf.Tensor3D).array()) as [number[][], number[][]];
    expect(a).to.not.deep.equal(b);
    closeTo(await predictions(await reloaded(model), x), await predictions(model, x), {rtol: 0});
    draws.dispose();
    posterior.dispose();
    x.dispose();
  });

  it('masks the channels of images', async () => {
    const x = images();
    const net = conv();
    const model = masksembles(net, {members: 2, layers: [net.layers.at(-1)?.name as string]});
    expect((await predictions(model, x)).length).to.equal(15);
    x.dispose();
  });
});
