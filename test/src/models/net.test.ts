import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {ConfigError, ShapeError, UnsupportedLayerError} from '../../../src/errors.ts';
import {createNet, registerTapRule} from '../../../src/models/index.ts';
import {closeTo} from '../../support/close.ts';
import {expectNoLeak} from '../../support/leaks.ts';
import {apply, connect, onBackend, stack, wave} from './models.ts';

const {layers} = tfl;

function classifier(last: tfl.layers.Layer[]): tfl.Sequential {
  return stack(layers.dense({units: 4, activation: 'tanh', inputShape: [3]}), ...last);
}

function ownKeys(model: tfl.LayersModel): string[] {
  return model.layers.flatMap((layer) =>
    Object.keys(layer).filter((key) => key === 'call' || (key === 'activation' && layer instanceof tfl.LayersModel)),
  );
}

describe('createNet: the head', () => {
  const heads: [string, string, () => tfl.layers.Layer[]][] = [
    ['softmax activation', 'softmax', () => [layers.dense({units: 3, activation: 'softmax'})]],
    ['softmax layer', 'softmax', () => [layers.dense({units: 3}), layers.softmax()]],
    ['activation layer', 'softmax', () => [layers.dense({units: 3}), layers.activation({activation: 'softmax'})]],
    [
      'linear activation layers in between',
      'softmax',
      () => [
        layers.dense({units: 3}),
        layers.activation({activation: 'softmax'}),
        layers.activation({activation: 'linear'}),
      ],
    ],
    ['sigmoid activation', 'sigmoid', () => [layers.dense({units: 3, activation: 'sigmoid'})]],
    ['sigmoid layer', 'sigmoid', () => [layers.dense({units: 3}), layers.activation({activation: 'sigmoid'})]],
    ['none', 'linear', () => [layers.dense({units: 3})]],
  ];
  for (const backend of ['cpu', 'wasm']) {
    for (const [name, kind, last] of heads) {
      it(`${name}: f are the logits, and the model stays as it was (${backend})`, () =>
        onBackend(backend, async () => {
          const model = classifier(last());
          const logits = classifier([layers.dense({units: 3})]);
          const x = wave([5, 3], 0);
          const before = await (model.predict(x) as tf.Tensor).data();
          const net = createNet(model);
          const f = net.outputs(x);
          expect([net.head, net.outputSize]).to.deep.equal([kind, 3]);
          closeTo(await f.data(), await (logits.predict(x) as tf.Tensor).data(), {rtol: 1e-5, atol: 1e-6});
          const link = {softmax: tf.softmax, sigmoid: tf.sigmoid, linear: tf.clone}[kind as 'softmax'];
          closeTo(await link(f).data(), before, {rtol: 1e-5, atol: 1e-6});
          closeTo(await (model.predict(x) as tf.Tensor).data(), before, {rtol: 0});
        }));
    }
  }

  it('splits a head inside a nested model and a TimeDistributed one', async () => {
    const inner = tfl.sequential({
      layers: [layers.dense({units: 4, inputShape: [3]}), layers.dense({units: 2, activation: 'softmax'})],
    });
    const x = tfl.input({shape: [3]});
    const nested = createNet(connect(x, apply(inner, apply(layers.dense({units: 3}), x))));
    const input = wave([4, 3], 0);
    expect(nested.head).to.equal('softmax');
    const probabilities = nested.model.predict(input) as tf.Tensor;
    closeTo(await tf.softmax(nested.outputs(input)).data(), await probabilities.data(), {rtol: 1e-5, atol: 1e-6});
    expect(nested.lastLayer.inputSize).to.equal(4);

    const series = createNet(
      stack(layers.timeDistributed({layer: layers.dense({units: 2, activation: 'sigmoid'}), inputShape: [5, 3]})),
    );
    const steps = wave([4, 5, 3], 0);
    expect(series.head).to.equal('sigmoid');
    const rates = series.model.predict(steps) as tf.Tensor;
    closeTo(await tf.sigmoid(series.outputs(steps)).data(), await rates.data(), {rtol: 1e-5, atol: 1e-6});
  });

  it('does not take the activation of a recurrent layer for a head', () => {
    const model = stack(
      layers.simpleRNN({recurrentInitializer: 'zeros', units: 2, activation: 'sigmoid', inputShape: [4, 3]}),
    );
    expect(createNet(model).head).to.equal('linear');
  });

  it('refuses a softmax over another axis and a head that is shared', () => {
    const sequence = stack(layers.dense({units: 3, inputShape: [4, 2]}), layers.softmax());
    expect(() => createNet(sequence)).to.throw(ConfigError, /normalize the last axis, got axis 1 of 3.*axis: -1/);
    const x = tfl.input({shape: [3]});
    const shared = layers.dense({units: 3, activation: 'softmax'});
    const twice = connect(x, apply(shared, apply(shared, x)));
    expect(() => createNet(twice)).to.throw(ConfigError, /final softmax to be called once/);
  });
});

describe('createNet: the model', () => {
  it('stays in inference mode', async () => {
    const model = stack(
      layers.dense({units: 4, inputShape: [3]}),
      layers.batchNormalization(),
      layers.dropout({rate: 0.5}),
      layers.gaussianNoise({stddev: 1}),
      layers.dense({units: 2}),
    );
    const x = wave([5, 3], 0);
    const expected = await (model.predict(x) as tf.Tensor).data();
    const net = createNet(model);
    closeTo(await net.outputs(x).data(), expected, {rtol: 1e-6});
    closeTo(await net.taps(x, (run) => run.outputs).data(), expected, {rtol: 1e-5, atol: 1e-6});
  });

  it('takes one of several outputs when it is named', async () => {
    const x = tfl.input({shape: [3]});
    const hidden = apply(layers.dense({units: 4, activation: 'tanh'}), x);
    const kind = apply(layers.dense({units: 3, activation: 'softmax', name: 'kind'}), hidden);
    const age = apply(layers.dense({units: 1, name: 'age'}), hidden);
    const model = connect(x, [kind, age]);
    expect(() => createNet(model, {caller: 'laplace'})).to.throw(
      ConfigError,
      /laplace: expected a model with one output, got 2. Choose output: 'kind' or 'age'/,
    );
    expect(() => createNet(model, {output: 'size'})).to.throw(ConfigError, /got 'size'.*'kind' or 'age'/);
    const net = createNet(model, {output: 'age'});
    expect([net.head, net.outputSize, net.weights.length]).to.deep.equal(['linear', 1, 4]);
    expect(createNet(model, {output: 'kind'}).head).to.equal('softmax');
    const input = wave([2, 3], 0);
    const expected = (model.predict(input) as tf.Tensor[])[1] as tf.Tensor;
    closeTo(await net.outputs(input).data(), await expected.data(), {rtol: 1e-6});
  });

  it('refuses what is no built layers model', () => {
    expect(() => createNet(tfl.sequential())).to.throw(ConfigError, /is built.*inputShape/);
    class Unfinished extends tfl.Sequential {
      override build(): void {
        throw new Error('no shape yet');
      }
    }
    const unfinished = new Unfinished({layers: [layers.dense({units: 1, inputShape: [3]})]});
    expect(() => createNet(unfinished, {caller: 'laplace'}))
      .to.throw(ConfigError, /^laplace: expected a model that is built.*no shape yet.*inputShape.*model\.build/)
      .with.property('cause');
    expect(() => createNet({} as tfl.LayersModel)).to.throw(ConfigError, /expected a tf.LayersModel, got Object/);
    expect(() => createNet(undefined as unknown as tfl.LayersModel)).to.throw(ConfigError, /got undefined/);
  });

  it('lists the weights of a shared layer once and leaves frozen ones out', () => {
    const shared = layers.dense({units: 3});
    const inner = tfl.sequential({layers: [layers.dense({units: 3, inputShape: [3]})]});
    const x = tfl.input({shape: [3]});
    const model = connect(x, apply(shared, apply(inner, apply(inner, apply(shared, x)))));
    expect(createNet(model).weights.length).to.equal(4);
    shared.trainable = false;
    expect(createNet(model).weights.length).to.equal(2);
  });

  it('gives outputs that are differentiable in the input', async () => {
    const net = createNet(classifier([layers.dense({units: 1})]));
    const x = tf.tensor2d([[0.2, -0.3, 0.5]]);
    const gradient = await tf
      .grad((input) => net.outputs(input))(x)
      .data();
    for (const i of [0, 1, 2]) {
      const step = tf.mul(tf.oneHot(tf.tensor1d([i], 'int32'), 3), 1e-2);
      const [up, down] = [net.outputs(tf.add(x, step)), net.outputs(tf.sub(x, step))];
      closeTo(gradient[i] as number, ((await tf.sub(up, down).data())[0] as number) / 2e-2, {rtol: 1e-3});
    }
  });
});

describe('net.features and net.lastLayer', () => {
  const models: [string, () => tfl.LayersModel, () => tf.Tensor, number[]][] = [
    [
      'features of vectors',
      () => classifier([layers.dense({units: 3, activation: 'softmax'})]),
      () => wave([5, 3], 0),
      [5, 4],
    ],
    [
      'features of sequences',
      () => stack(layers.dense({units: 4, inputShape: [6, 3]}), layers.dense({units: 2})),
      () => wave([5, 6, 3], 0),
      [5, 6, 4],
    ],
    [
      'features under a TimeDistributed layer',
      () =>
        stack(
          layers.dense({units: 4, inputShape: [6, 3]}),
          layers.timeDistributed({layer: layers.dense({units: 2, activation: 'sigmoid'})}),
        ),
      () => wave([5, 6, 3], 0),
      [5, 6, 4],
    ],
    [
      'features of pixels under a convolution of size one',
      () =>
        stack(
          layers.conv2d({filters: 4, kernelSize: 2, inputShape: [5, 4, 1]}),
          layers.conv2d({filters: 3, kernelSize: 1, activation: 'softmax'}),
        ),
      () => wave([2, 5, 4, 1], 0),
      [2, 4, 3, 4],
    ],
  ];
  for (const [name, build, input, shape] of models) {
    it(`${name}: f = features kernel + bias`, async () => {
      const net = createNet(build());
      const x = input();
      const {features, outputs} = net.features(x);
      expect(features.shape).to.deep.equal(shape);
      const {kernel, bias, inputSize, outputs: size} = net.lastLayer;
      const flat = tf.reshape(features, [-1, inputSize]);
      const product = tf.matMul(flat, tf.reshape(kernel.read(), [inputSize, size]));
      const f = await net.outputs(x).data();
      closeTo(await outputs.data(), f, {rtol: 1e-6});
      closeTo(await tf.add(product, (bias as tfl.LayerVariable).read()).data(), f, {rtol: 1e-4, atol: 1e-5});
    });
  }

  it('refuses a model that ends otherwise, or shares its last layer', () => {
    const x = tfl.input({shape: [3]});
    const last = layers.dense({units: 3});
    expect(() => createNet(connect(x, apply(last, apply(last, x)))).lastLayer).to.throw(ConfigError, /called once/);
    const rnn = stack(layers.simpleRNN({recurrentInitializer: 'zeros', units: 2, inputShape: [4, 3]}));
    expect(() => createNet(rnn).lastLayer).to.throw(ConfigError, /ends in a Dense layer.*SimpleRNN/);
    const relu = classifier([layers.dense({units: 2, activation: 'relu'})]);
    expect(() => createNet(relu).features(wave([1, 3], 0))).to.throw(
      ConfigError,
      /no activation, got '\w+' \(Dense with activation 'relu'\).*weights: 'all'/,
    );
    const above = classifier([layers.dense({units: 2}), layers.activation({activation: 'tanh', name: 'bend'})]);
    expect(() => createNet(above).lastLayer).to.throw(ConfigError, /got 'bend' \(Activation with activation 'tanh'\)/);
    const between = classifier([layers.dense({units: 2, activation: 'sigmoid'}), layers.softmax()]);
    expect(() => createNet(between).lastLayer).to.throw(ConfigError, /Dense with activation 'sigmoid'/);
    const wide = stack(layers.conv2d({filters: 2, kernelSize: [3, 2], inputShape: [5, 4, 1]}));
    expect(() => createNet(wide).lastLayer).to.throw(ConfigError, /\(Conv2D with kernelSize 3,2 and strides 1,1\)/);
  });
});

describe('net.taps: the run', () => {
  const model = (): tfl.Sequential => classifier([layers.dense({units: 2, activation: 'softmax'})]);

  it('leaks nothing and hands back only what `use` returns', async () => {
    const net = createNet(model());
    const x = wave([5, 3], 0);
    const dy = wave([5, 2], 1);
    await expectNoLeak(() => {
      net.outputs(x).dispose();
      tf.dispose(net.features(x) as unknown as tf.TensorContainer);
      tf.dispose(net.taps(x, (run) => run.pullback(dy)));
      net.taps(x, (run) => run.outputs).dispose();
      const {factor} = net.taps(x, (run) => run.weights[0] as unknown as tf.TensorContainerObject);
      tf.dispose(factor as tf.TensorContainer);
    });
    const outputs = net.taps(x, (run) => run.outputs);
    closeTo(await outputs.data(), await net.outputs(x).data(), {rtol: 1e-5, atol: 1e-6});
  });

  it('restores everything after an error in `use`, in a rule and in the model', async () => {
    const tanh = model();
    const net = createNet(tanh);
    const x = wave([5, 3], 0);
    const before = await (tanh.predict(x) as tf.Tensor).data();
    const kernel = tanh.layers[0]?.trainableWeights[0] as tfl.LayerVariable;
    await expectNoLeak(() => {
      expect(() =>
        net.taps(x, () => {
          throw new Error('in use');
        }),
      ).to.throw('in use');
      const failing = Object.assign(kernel, {
        read() {
          throw new Error('in a layer');
        },
      });
      expect(() => net.taps(x, (run) => run.outputs)).to.throw('in a layer');
      expect(() => net.features(x)).to.throw('in a layer');
      Reflect.deleteProperty(failing, 'read');
    });
    expect(ownKeys(tanh)).to.deep.equal([]);
    expect(tf.engine().state.gradientDepth).to.equal(0);
    closeTo(await (tanh.predict(x) as tf.Tensor).data(), before, {rtol: 0});
  });

  it('lets `use` evaluate the net itself', async () => {
    const net = createNet(model());
    const x = wave([5, 3], 0);
    const sum = net.taps(x, (run) => tf.add(run.outputs, net.outputs(tf.mul(x, 1))));
    closeTo(await sum.data(), await tf.mul(net.outputs(x), 2).data(), {rtol: 1e-5, atol: 1e-6});
  });

  it('is differentiable in x: second derivatives equal finite differences', async () => {
    const smooth = stack(
      layers.dense({units: 4, activation: 'tanh', inputShape: [3]}),
      layers.dense({units: 4, activation: 'softplus'}),
      layers.dense({units: 2, activation: 'softmax'}),
    );
    const net = createNet(smooth);
    const dy = wave([1, 2], 1);
    // the squared norm of the gradient with respect to every weight
    const norm = (x: tf.Tensor): tf.Tensor =>
      net.taps(x, ({weights, pullback}) => {
        const g = pullback(dy);
        const norms = weights.map(({factor}, i) => {
          const squared = tf.sum(tf.square(g[i] as tf.Tensor));
          return factor.kind === 'outer' ? tf.mul(squared, tf.sum(tf.square(factor.inputs))) : squared;
        });
        return tf.addN(norms);
      });
    await onBackend('cpu', async () => {
      const x = tf.tensor2d([[0.4, -0.2, 0.7]]);
      const gradient = await tf.grad(norm)(x).data();
      for (const i of [0, 1, 2]) {
        const step = tf.mul(tf.oneHot(tf.tensor1d([i], 'int32'), 3), 1e-2);
        const difference = tf.sub(norm(tf.add(x, step)), norm(tf.sub(x, step)));
        closeTo(gradient[i] as number, ((await difference.data())[0] as number) / 2e-2, {rtol: 2e-3, atol: 1e-4});
      }
    });
  });

  it('refuses a trained layer without a rule by name', () => {
    const recurrent = stack(
      layers.simpleRNN({recurrentInitializer: 'zeros', units: 3, name: 'memory', inputShape: [4, 2]}),
      layers.dense({units: 2}),
    );
    const x = wave([3, 4, 2], 0);
    const caught = (() => {
      try {
        createNet(recurrent).taps(x, (run) => run.outputs);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(caught).to.be.instanceOf(UnsupportedLayerError);
    expect(caught).to.include({layerName: 'memory', layerClass: 'SimpleRNN'});
    expect((caught as Error).message).to.match(/trainable = false.*last-layer.*registerTapRule/);
  });

  it('refuses causal padding, which tfjs-layers cannot run', () => {
    const causal = stack(
      layers.conv1d({filters: 2, kernelSize: 2, padding: 'causal', inputShape: [5, 2]}),
      layers.dense({units: 2}),
    );
    expect(() => createNet(causal).taps(wave([3, 5, 2], 0), (run) => run.outputs)).to.throw(
      UnsupportedLayerError,
      /got 'causal'/,
    );
  });

  it('goes around a frozen layer without a rule', async () => {
    const recurrent = stack(
      layers.simpleRNN({units: 3, recurrentInitializer: 'zeros', inputShape: [4, 2]}),
      layers.dense({units: 2}),
    );
    (recurrent.layers[0] as tfl.layers.Layer).trainable = false;
    const x = wave([3, 4, 2], 0);
    const net = createNet(recurrent);
    const {features} = net.features(x);
    const inputs = net.taps(x, ({weights}) => {
      const {factor} = weights[0] as (typeof weights)[number];
      return factor.kind === 'outer' ? factor.inputs : tf.scalar(NaN);
    });
    closeTo(await inputs.data(), await features.data(), {rtol: 1e-6});
  });

  it('refuses dy of another shape', () => {
    const net = createNet(model());
    expect(() => net.taps(wave([5, 3], 0), (run) => run.pullback(tf.zeros([5, 3])))).to.throw(
      ShapeError,
      /pullback: .*\[5, 2\], got \[5, 3\]/,
    );
  });

  it('uses a rule registered for a class of the user', async () => {
    class Scale extends layers.Layer {
      static className = 'TestScale';
      override build(shape: tfl.Shape): void {
        this.addWeight('scale', [shape.at(-1) as number], 'float32', tfl.initializers.ones());
        this.built = true;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const [scale] = this.trainableWeights as [tfl.LayerVariable];
        return tf.mul(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, scale.read());
      }
      override computeOutputShape(shape: tfl.Shape): tfl.Shape {
        return shape;
      }
    }
    const input = tfl.input({shape: [2]});
    const net = createNet(connect(input, apply(new Scale({}), input)));
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const take = (): tf.Tensor => net.taps(x, (run) => run.pullback(tf.fill([2, 2], 3))[0] as tf.Tensor);
    expect(take).to.throw(UnsupportedLayerError, /TestScale/);
    registerTapRule('TestScale', () => ({output: x, weights: []}));
    expect(take).to.throw(UnsupportedLayerError, /cover its weights/);
    registerTapRule('TestScale', (layer, seen) => {
      const [variable] = layer.trainableWeights as [tfl.LayerVariable];
      const output = tf.mul(seen, variable.read());
      const gradient = (g: tf.Tensor): tf.Tensor => tf.mul(g, seen);
      return {output, weights: [{variable, target: output, factor: () => ({kind: 'direct'}), gradient}]};
    });
    expect(Array.from(await take().data())).to.deep.equal([3, 6, 9, 12]);
  });
});
