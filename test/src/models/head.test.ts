import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError} from '../../../src/errors.ts';
import {createNet} from '../../../src/models/index.ts';
import {apply, connect, stack} from './models.ts';

const {layers} = tfl;

function dense(activation: 'softmax' | 'sigmoid' | 'tanh', units = 6): tfl.layers.Layer {
  return layers.dense({units, activation, inputShape: [4]});
}

/** Custom layers may do anything, so that nothing is said about them: here probabilities become logits again. */
class Logarithm extends tfl.layers.Layer {
  static className = 'Logarithm';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.log(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs);
  }
}

describe('createNet: a softmax or sigmoid that does not stand at the end', () => {
  const refused: [string, () => tfl.LayersModel, RegExp][] = [
    [
      'under a Reshape',
      () => stack(dense('softmax'), layers.reshape({targetShape: [2, 3], name: 'grid'})),
      /laplace: expected the softmax at the end of the model, got it in 'dense_Dense\d+' before 'grid' \(Reshape\).*Move/,
    ],
    [
      'under several layers, from the inside out',
      () =>
        stack(
          dense('sigmoid'),
          layers.reshape({targetShape: [2, 3]}),
          layers.permute({dims: [2, 1]}),
          layers.activation({activation: 'linear'}),
          layers.flatten(),
        ),
      /the sigmoid at the end of the model.*before '\w+' \(Reshape\), '\w+' \(Permute\), '\w+' \(Activation\), '\w+' \(Flatten\)/,
    ],
    ['under a Dropout', () => stack(dense('softmax'), layers.dropout({rate: 0.5})), /before '\w+' \(Dropout\)/],
    [
      'as a layer of its own',
      () =>
        stack(dense('tanh'), layers.activation({activation: 'softmax', name: 'share'}), layers.repeatVector({n: 2})),
      /got it in 'share' before '\w+' \(RepeatVector\)/,
    ],
    [
      'as a Softmax layer over another axis',
      () =>
        stack(
          layers.dense({units: 3, inputShape: [5, 4]}),
          layers.softmax({axis: 1, name: 'share'}),
          layers.permute({dims: [2, 1]}),
        ),
      /expected the softmax at the end of the model, got it in 'share' before '\w+' \(Permute\)/,
    ],
    [
      'averaged over positions',
      () =>
        stack(
          layers.dense({units: 3, activation: 'softmax', inputShape: [5, 4]}),
          layers.globalAveragePooling1d({name: 'average'}),
        ),
      /before 'average' \(GlobalAveragePooling1D\)/,
    ],
    [
      'inside a nested model',
      () => {
        const inner = tfl.sequential({layers: [dense('softmax')]});
        const x = tfl.input({shape: [4]});
        return connect(x, apply(layers.reshape({targetShape: [2, 3]}), apply(inner, x)));
      },
      /before '\w+' \(Reshape\)/,
    ],
  ];
  for (const [name, build, message] of refused) {
    it(`is refused ${name}`, () => {
      expect(() => createNet(build(), {caller: 'laplace'})).to.throw(ConfigError, message);
    });
  }

  for (const join of ['average', 'concatenate', 'maximum'] as const) {
    it(`is refused where ${join} joins several`, () => {
      const input = tfl.input({shape: [4]});
      const committee = [1, 2].map(() => dense('softmax').apply(input) as tfl.SymbolicTensor);
      const inner = stack(dense('softmax'));
      committee.push(inner.apply(input) as tfl.SymbolicTensor);
      const outputs = layers[join]({name: `joined_${join}`}).apply(committee) as tfl.SymbolicTensor;
      const model = tfl.model({
        inputs: input,
        outputs: layers.dropout({rate: 0.5}).apply(outputs) as tfl.SymbolicTensor,
      });
      expect(() => createNet(model, {caller: 'laplace'})).to.throw(
        ConfigError,
        new RegExp(`laplace: expected one softmax at the end of the model, got 3 joined by 'joined_${join}'`),
      );
    });
  }

  it('is taken where only a part of what is joined is a probability: a gate', () => {
    const input = tfl.input({shape: [4]});
    const parts = [dense('softmax'), dense('tanh')].map((layer) => layer.apply(input) as tfl.SymbolicTensor);
    const model = tfl.model({inputs: input, outputs: layers.average().apply(parts) as tfl.SymbolicTensor});
    expect(createNet(model).head).to.equal('linear');
  });

  it('is taken where it is no head: under layers with weights, layers of their own class, recurrent layers', () => {
    const taken = [
      stack(dense('softmax'), layers.dropout({rate: 0.5}), layers.dense({units: 2})),
      stack(dense('sigmoid'), layers.reshape({targetShape: [2, 3]}), layers.dense({units: 2}), layers.flatten()),
      stack(dense('softmax'), new Logarithm({})),
      stack(dense('tanh'), layers.reshape({targetShape: [2, 3]})),
      stack(
        layers.simpleRNN({recurrentInitializer: 'zeros', units: 2, activation: 'sigmoid', inputShape: [4, 3]}),
        layers.repeatVector({n: 2}),
      ),
    ];
    expect(taken.map((model) => createNet(model).head)).to.deep.equal(taken.map(() => 'linear'));
  });
});
