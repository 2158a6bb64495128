import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {createNet} from '../../../src/models/index.ts';
import {type NoisyCall, netNoise, registerNetNoise, withNoise} from '../../../src/posterior/net-noise.ts';
import {createRng} from '../../../src/random/index.ts';

/** Adds uniform noise to what a layer is called with. */
const adding = (layer: tfl.layers.Layer): NoisyCall => ({
  layer,
  call: (inputs, _kwargs, source) => {
    const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    return tf.add(x, source.uniforms(x.shape));
  },
});

const net = () => createNet(tfl.sequential({layers: [tfl.layers.activation({activation: 'linear', inputShape: [2]})]}));

describe('withNoise', () => {
  it('gives each input the same noise whatever the batches, or all inputs the same, and leaves the net as it was', async () => {
    const one = net();
    const {outputs} = one;
    const layers = one.model.layers.slice(-1).map(adding);
    const x = tf.zeros([4, 2]);
    const draw = async (shared: boolean, sizes: readonly number[]): Promise<number[][]> => {
      const parts = withNoise(one, layers, shared, createRng(3), () =>
        tf.split(x, [...sizes]).map((part) => one.outputs(part)),
      );
      const rows = tf.concat(parts);
      return (await rows.array()) as number[][];
    };
    const whole = await draw(false, [4]);
    expect(await draw(false, [1, 3])).to.deep.equal(whole);
    expect(new Set(whole.map(String)).size).to.equal(4);
    expect(new Set((await draw(true, [1, 3])).map(String)).size).to.equal(1);
    expect(() =>
      withNoise(one, layers, false, createRng(3), () => {
        throw new Error('stopped');
      }),
    ).to.throw('stopped');
    expect(one.outputs).to.equal(outputs);
    expect(Object.hasOwn(one.model.layers.at(-1) as object, 'call')).to.equal(false);
    expect(Array.from(await one.outputs(x).data())).to.deep.equal(Array(8).fill(0));
  });
});

describe('netNoise', () => {
  it('knows what was registered under its name, and says what to import for another', () => {
    const find = (): NoisyCall[] => [];
    registerNetNoise('test noise', find);
    expect(netNoise('test noise', true)).to.deep.equal({name: 'test noise', shared: true, find});
    expect(() => netNoise('no such noise', true)).to.throw(ConfigError, /'no such noise'.*tfjs-bayes\/layers/);
  });
});
