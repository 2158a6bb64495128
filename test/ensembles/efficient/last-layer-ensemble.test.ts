import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {lastLayerEnsemble, memberHeads, memberPosterior} from '../../../ensembles/index.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';
import {inputs, smallNet, targets} from '../nets.ts';
import {conv, images, predictions, reloaded, sameAs} from './nets.ts';

/** A net whose last layer is called at each time step. */
function timed(): tfl.LayersModel {
  const net = tfl.sequential({layers: [tfl.layers.inputLayer({inputShape: [3, 2]})]});
  net.add(tfl.layers.timeDistributed({layer: tfl.layers.dense({units: 3, activation: 'softmax'}), name: 'steps'}));
  return net;
}

describe('lastLayerEnsemble', () => {
  before(async () => {
    await initBackend();
  });

  it("starts at the old model's predictions where asked to", async () => {
    for (const [net, x] of [
      [smallNet(3, 'softmax'), inputs()],
      [smallNet(2, 'linear'), inputs()],
      [conv(), images()],
      [timed(), tf.randomNormal([4, 3, 2], 0, 1, 'float32', 5)],
    ] as const) {
      await sameAs(lastLayerEnsemble(net, {members: 3, start: 'same'}), x, await predictions(net, x));
      x.dispose();
    }
  });

  it('has the heads that its kernel holds, one for each row in training and all in inference, also at several places', async () => {
    const layer = memberHeads({members: 2, units: 3, seed: 7});
    const x = tf.randomNormal([5, 4, 2], 0, 1, 'float32', 3) as tf.Tensor3D;
    const all = (await (layer.apply(x) as tf.Tensor3D).array()) as number[][][];
    const trained = (await (layer.apply(x, {training: true}) as tf.Tensor3D).array()) as number[][][];
    const kernel = (await (layer.getWeights()[0] as tf.Tensor2D).array()) as number[][];
    const values = await x.array();
    for (let row = 0; row < 5; row++) {
      for (let m = 0; m < 2; m++) {
        const expected = (values[row] as number[][]).map((place) =>
          [0, 1, 2].map((c) =>
            place.reduce((sum, value, d) => sum + value * ((kernel[d] as number[])[m * 3 + c] as number), 0),
          ),
        );
        closeTo((all[row * 2 + m] as number[][]).flat(), expected.flat(), {rtol: 1e-4, atol: 1e-6});
        if (row % 2 === m) closeTo((trained[row] as number[][]).flat(), expected.flat(), {rtol: 1e-4, atol: 1e-6});
      }
    }
    expect(trained.length).to.equal(5);
    x.dispose();
  });

  it('trains heads on a frozen trunk, which stays as it is', async () => {
    const net = smallNet(3, 'softmax');
    const trunk = await (net.getWeights()[0] as tf.Tensor).data();
    const model = lastLayerEnsemble(net, {members: 3, freeze: true});
    expect(model.trainableWeights.length).to.equal(2);
    const [x, y] = [inputs(), tf.cast(targets.categorical(), 'float32')];
    model.compile({optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy'});
    const {history} = await model.fit(x, y, {epochs: 10, batchSize: 12, shuffle: false, verbose: 0});
    expect(history.loss?.at(-1) as number).to.be.below(history.loss?.[0] as number);
    const first = model.getLayer(net.layers[0]?.name as string);
    closeTo(await (first.getWeights()[0] as tf.Tensor).data(), trunk, {rtol: 0});
    closeTo(await predictions(await reloaded(model), x), await predictions(model, x), {rtol: 0});
    const posterior = memberPosterior(model);
    expect(posterior.size).to.equal(3);
    posterior.dispose();
    tf.dispose([x, y]);
  });

  it('refuses to freeze BatchNormalization, whose statistics tfjs moves, also inside of an inner model', () => {
    const net = smallNet(3, 'softmax', 0, true);
    const outer = tfl.sequential({layers: [net, tfl.layers.dense({units: 2})]});
    const name = net.layers[1]?.name;
    for (const model of [net, outer]) {
      expect(() => lastLayerEnsemble(model, {members: 2, freeze: true})).to.throw(
        ConfigError,
        `expected a trunk without BatchNormalization to freeze, got '${name}'`,
      );
    }
    expect(lastLayerEnsemble(net, {members: 2}).layers.length).to.be.above(2);
  });

  it('refuses models that end otherwise', () => {
    const recurrent = tfl.sequential({layers: [tfl.layers.simpleRNN({units: 2, inputShape: [3, 2]})]});
    expect(() => lastLayerEnsemble(recurrent, {members: 2})).to.throw(ConfigError, /Dense/);
    const regular = tfl.sequential({
      layers: [tfl.layers.dense({units: 2, inputShape: [3], kernelRegularizer: 'l1l2', name: 'odd'})],
    });
    expect(() => lastLayerEnsemble(regular, {members: 2})).to.throw(ConfigError, /'odd'/);
  });
});
