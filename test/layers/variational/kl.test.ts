import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'chai';
import {
  bayesBidirectional,
  bayesDense,
  bayesGruCell,
  bayesLstm,
  bayesLstmCell,
  bayesRnn,
  bayesTimeDistributed,
  blundellWeights,
  klCyclical,
  klWarmup,
  type VariationalHost,
  type VariationalLayer,
} from '../../../layers/index.ts';
import {findVariational} from '../../../layers/variational/find.ts';
import {initBackend} from '../../../src/backend/index.ts';
import {ConfigError} from '../../../src/errors.ts';
import {closeTo} from '../../support/close.ts';

const trainSize = 50;
const q = {trainSize, bias: 'mean-field'} as const;
const dense = (units = 3): VariationalLayer => bayesDense({units, ...q});

/** KL(q || N(0, 1)) / trainSize of a model, from its parameters in float64. */
async function closedForm(layers: readonly VariationalLayer[]): Promise<number> {
  let total = 0;
  for (const {family} of layers.flatMap((layer) => layer.q.all)) {
    const [mean, variance] = [family.mean(), family.variance()];
    const [means, variances] = [await mean.data(), await variance.data()];
    tf.dispose([mean, variance]);
    means.forEach((m, i) => {
      const v = variances[i] as number;
      total += (v + m * m - 1 - Math.log(v)) / 2;
    });
  }
  return total / trainSize;
}

/** What `fit` adds to the loss: of the model inside a Sequential one, as it does. */
async function sumOfLosses(model: tfl.LayersModel): Promise<number> {
  const losses = ((model as {model?: tfl.LayersModel}).model ?? model).calculateLosses();
  const values = await Promise.all(losses.map((loss) => loss.data()));
  tf.dispose(losses);
  return values.reduce((sum, [value]) => sum + (value as number), 0);
}

/** Trains one step on zeros, and gives the loss that `fit` reports. */
async function step(model: tfl.LayersModel, callbacks: tfl.Callback[] = []): Promise<number> {
  const shapes = model.inputs.map(({shape}) => [4, ...(shape.slice(1) as number[])]);
  const x = shapes.map((shape) => tf.ones(shape));
  const y = model.predict(x.length === 1 ? (x[0] as tf.Tensor) : x) as tf.Tensor;
  if (!model.optimizer) model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const {history} = await model.fit(x.length === 1 ? (x[0] as tf.Tensor) : x, y, {
    verbose: 0,
    shuffle: false,
    callbacks,
  });
  tf.dispose([...x, y]);
  return history.loss?.[0] as number;
}

function sequential(...layers: tfl.layers.Layer[]): tfl.LayersModel {
  return tfl.sequential({layers});
}

const cells = () => [bayesLstmCell({units: 2, ...q}), bayesGruCell({units: 3, ...q})];
const lstm = () => bayesLstm({units: 2, ...q});

const MODELS: Readonly<Record<string, () => tfl.LayersModel>> = {
  plain: () => sequential(bayesDense({units: 3, inputShape: [2], ...q}), dense(1)),
  shared: () => {
    const [input, layer] = [tfl.input({shape: [3]}), dense()];
    return tfl.model({inputs: input, outputs: layer.apply(layer.apply(input)) as tfl.SymbolicTensor});
  },
  nested: () =>
    sequential(
      bayesDense({units: 3, inputShape: [2], ...q}),
      sequential(bayesDense({units: 2, inputShape: [3], ...q})),
    ),
  'nested at the beginning': () => sequential(sequential(bayesDense({units: 3, inputShape: [2], ...q})), dense(1)),
  'nested and shared': () => {
    const [input, inner] = [
      tfl.input({shape: [3]}),
      sequential(bayesDense({units: 3, inputShape: [3], ...q}), dense()),
    ];
    return tfl.model({inputs: input, outputs: inner.apply(inner.apply(input)) as tfl.SymbolicTensor});
  },
  LSTM: () => sequential(bayesLstm({units: 2, inputShape: [3, 2], ...q})),
  TimeDistributed: () => sequential(bayesTimeDistributed({layer: dense(), inputShape: [3, 2]})),
  'TimeDistributed model': () =>
    sequential(
      bayesTimeDistributed({layer: sequential(bayesDense({units: 2, inputShape: [2], ...q})), inputShape: [3, 2]}),
    ),
  'TimeDistributed of tfjs': () => sequential(tfl.layers.timeDistributed({layer: dense(), inputShape: [3, 2]})),
  Bidirectional: () => sequential(bayesBidirectional({layer: lstm(), mergeMode: 'sum', inputShape: [3, 2]})),
  'RNN cells': () => sequential(bayesRnn({cell: cells(), inputShape: [3, 2]})),
  'shared RNN': () => {
    const input = tfl.input({shape: [3, 2]});
    const layer = bayesRnn({cell: cells(), inputShape: [3, 2], returnSequences: true});
    const outputs = [layer.apply(input), layer.apply(input)] as tfl.SymbolicTensor[];
    return tfl.model({inputs: input, outputs: tfl.layers.add().apply(outputs) as tfl.SymbolicTensor});
  },
};

describe('KL divergence of variational layers', () => {
  before(async () => {
    await initBackend({prefer: 'wasm'});
  });

  for (const [name, create] of Object.entries(MODELS)) {
    it(`is paid once for each distinct layer: ${name}`, async () => {
      const model = create();
      const expected = await closedForm(findVariational(model.layers));
      expect(expected).to.be.above(0.1);
      const loss = await step(model);
      expect(loss, 'the loss of fit').to.be.above(expected);
      closeTo(await sumOfLosses(model), expected, {rtol: 1e-5});
      model.dispose();
    });
  }

  it('is known before training, also of a shared layer', async () => {
    for (const name of ['plain', 'shared', 'Bidirectional']) {
      const model = (MODELS[name] as () => tfl.LayersModel)();
      const [input] = model.inputs as [tfl.SymbolicTensor];
      tf.dispose(model.predict(tf.ones([1, ...(input.shape.slice(1) as number[])])));
      closeTo(await sumOfLosses(model), await closedForm(findVariational(model.layers)), {rtol: 1e-5});
    }
  });

  it('reaches the golden values', async () => {
    for (const [mean, scale, expected] of [
      [1, 0.5, 0.8181471806],
      [0.1, 0.048587352, 2.530572403],
    ] as const) {
      const layer = bayesDense({units: 1, useBias: false, trainSize: 1, inputShape: [1]});
      const model = sequential(layer);
      tf.dispose(model.predict(tf.ones([1, 1])));
      const [weight] = layer.q.all;
      layer.q.restart(weight as NonNullable<typeof weight>, {mean: tf.fill([1, 1], mean), scale});
      closeTo(await sumOfLosses(model), expected, {rtol: 1e-6});
    }
  });

  it('is not paid by frozen layers', async () => {
    const [frozen, free] = [bayesDense({units: 3, inputShape: [2], ...q}), dense(1)];
    const recurrent = bayesLstm({units: 2, inputShape: [3, 2], ...q});
    frozen.trainable = false;
    recurrent.trainable = false;
    const model = sequential(frozen, free);
    await step(model);
    closeTo(await sumOfLosses(model), await closedForm([free]), {rtol: 1e-5});
    const another = sequential(recurrent, tfl.layers.dense({units: 1}));
    await step(another);
    expect(await sumOfLosses(another)).to.equal(0);
    const [input, inner] = [tfl.input({shape: [2]}), sequential(bayesDense({units: 3, inputShape: [2], ...q}))];
    const outputs = tfl.layers.dense({units: 1}).apply(inner.apply(input)) as tfl.SymbolicTensor;
    const outer = tfl.model({inputs: input, outputs});
    inner.trainable = false;
    await step(outer);
    expect(await sumOfLosses(outer)).to.equal(0);
  });

  it('counts by klWeight, and leaves other losses of wrapped layers as they are', async () => {
    const layer = bayesDense({units: 1, inputShape: [2], klWeight: 0.25, ...q});
    const model = sequential(layer);
    await step(model);
    closeTo(await sumOfLosses(model), 0.25 * (await closedForm([layer])), {rtol: 1e-5});
    const biasRegularizer = tfl.regularizers.l2({l2: 1});
    const inner = bayesDense({units: 2, trainSize, biasRegularizer, biasInitializer: tfl.initializers.ones()});
    const host: VariationalHost = bayesTimeDistributed({layer: inner, inputShape: [3, 2]});
    const distributed = sequential(host);
    await step(distributed);
    closeTo(await sumOfLosses(distributed), 2 + (await closedForm([inner])), {rtol: 1e-5});
  });
});

describe('schedules of the KL divergence', () => {
  /** The weights at the beginning of every batch of two epochs of four, with what the schedule makes of them. */
  async function weightsUnder(schedule: tfl.Callback, epochs: number): Promise<number[]> {
    const layer = bayesDense({units: 1, inputShape: [2], trainSize: 8, klWeight: 0.5});
    const model = sequential(layer);
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const seen: number[] = [];
    const spy = new tfl.CustomCallback({onBatchEnd: async () => void seen.push(layer.q.klWeight)}, 'auto');
    const [x, y] = [tf.ones([8, 2]), tf.ones([8, 1])];
    await model.fit(x, y, {epochs, batchSize: 2, verbose: 0, callbacks: [schedule, spy]});
    expect(layer.q.klWeight, 'after training').to.equal(0.5);
    return seen;
  }

  it('warms up linearly, batch by batch', async () => {
    const weights = await weightsUnder(klWarmup({epochs: 1.5}), 2);
    closeTo(
      weights,
      [1, 2, 3, 4, 5, 6, 6, 6].map((i) => (0.5 * i) / 6),
    );
  });

  it('repeats the warm-up in cycles', async () => {
    const weights = await weightsUnder(klCyclical({epochs: 1, rise: 0.5}), 2);
    closeTo(weights, [0.25, 0.5, 0.5, 0.5, 0.25, 0.5, 0.5, 0.5]);
  });

  it('halves from batch to batch as Blundell et al. do, with mean 1 over an epoch', async () => {
    const weights = await weightsUnder(blundellWeights(), 1);
    closeTo(
      weights,
      [8, 4, 2, 1].map((part) => (0.5 * 4 * part) / 15),
    );
    closeTo(weights.reduce((sum, one) => sum + one, 0) / 4, 0.5);
  });

  it('refuses times out of range', () => {
    expect(() => klWarmup({epochs: 0})).to.throw(ConfigError, /above 0/);
    expect(() => klCyclical({epochs: 1, rise: 2})).to.throw(ConfigError, /at most 1/);
  });
});
