import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {createNet} from '../../../src/models/index.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {apply, connect, stack, wave} from './models.ts';

const {layers} = tfl;

const of = (model: tfl.LayersModel): Promise<string> => createNet(model).fingerprint();

function mlp(activation: 'tanh' | 'relu', units = 4): tfl.Sequential {
  return stack(
    layers.dense({units, activation, inputShape: [3]}),
    layers.batchNormalization(),
    layers.dense({units: 2, activation: 'softmax'}),
  );
}

/** Two branches of equal layers, joined in one order or the other. */
function branches(crossed: boolean): tfl.LayersModel {
  const x = tfl.input({shape: [3]});
  const one = apply(layers.dense({units: 3, activation: 'tanh'}), x);
  const two = apply(layers.dense({units: 3, activation: 'tanh'}), one);
  const last = apply(layers.concatenate(), crossed ? [two, one] : [one, two]);
  return connect(x, apply(layers.dense({units: 2}), last));
}

async function saveAndLoad(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  return tfl.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
}

describe('net.fingerprint', () => {
  it('is equal for equal models whatever their names, and has 16 hexadecimal digits', async () => {
    const first = await of(mlp('tanh'));
    expect(first).to.match(/^[0-9a-f]{16}$/);
    expect(await of(mlp('tanh'))).to.equal(first);
  });

  it('changes with a single weight, trainable or not, and comes back with it', async () => {
    const model = mlp('tanh');
    const before = await of(model);
    for (const weight of model.weights) {
      const values = await weight.read().data();
      const changed = Float32Array.from(values);
      changed[changed.length - 1] = (changed[changed.length - 1] as number) * (1 + 2 ** -22);
      weight.write(tf.tensor(changed, weight.shape as number[]));
      expect(await of(model), weight.name).to.not.equal(before);
      weight.write(tf.tensor(values, weight.shape as number[]));
      expect(await of(model)).to.equal(before);
    }
  });

  it('changes with an activation, a setting of a layer, the units and the connections', async () => {
    const convolution = (strides: number): tfl.Sequential =>
      stack(
        layers.conv2d({filters: 1, kernelSize: 2, strides, inputShape: [4, 4, 1]}),
        layers.globalAveragePooling2d({}),
      );
    const models = [
      mlp('tanh'),
      mlp('relu'),
      mlp('tanh', 5),
      branches(false),
      branches(true),
      convolution(1),
      convolution(2),
    ];
    const prints = await Promise.all(models.map(of));
    expect(new Set(prints).size).to.equal(models.length);
  });

  it('survives saving and loading', async () => {
    const nested = (): tfl.LayersModel => {
      const inner = tfl.sequential({layers: [layers.dense({units: 3, inputShape: [3]}), layers.dropout({rate: 0.2})]});
      const x = tfl.input({shape: [3]});
      return connect(x, apply(layers.dense({units: 2}), apply(layers.add(), [apply(inner, x), x])));
    };
    const series = (): tfl.LayersModel =>
      stack(
        layers.embedding({inputDim: 5, outputDim: 2, inputLength: 4}),
        layers.conv1d({filters: 2, kernelSize: 2}),
        layers.timeDistributed({layer: layers.dense({units: 2, activation: 'relu'})}),
        layers.layerNormalization(),
      );
    const modelFirst = (): tfl.LayersModel =>
      stack(
        tfl.sequential({layers: [layers.dense({units: 3, inputShape: [3]}), layers.dense({units: 3})]}),
        layers.dense({units: 2}),
      );
    for (const build of [() => mlp('tanh'), () => branches(true), nested, series, modelFirst]) {
      const model = build();
      const before = await of(model);
      // the loaded model takes the names of its predecessor's layers
      const loaded = await saveAndLoad(model);
      expect(await of(loaded)).to.equal(before);
      (loaded.weights[0] as tfl.LayerVariable).write(wave(loaded.weights[0]?.shape as number[], 7));
      expect(await of(loaded)).to.not.equal(before);
    }
  });

  it('ignores whether layers are frozen, and leaks nothing', async () => {
    const model = mlp('tanh');
    const before = await of(model);
    (model.layers[0] as tfl.layers.Layer).trainable = false;
    const net = createNet(model);
    await expectNoLeak(() => net.fingerprint());
    expect(await net.fingerprint()).to.equal(before);
  });
});
