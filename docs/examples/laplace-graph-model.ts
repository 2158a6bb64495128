// Error bars for a frozen tf.GraphModel, such as a converted TensorFlow model, which has no layers and cannot be trained. Its
// last layer gets a posterior all the same: features are read at a node, and kernel and bias by their names.
//
//     node --import tsx docs/examples/laplace-graph-model.ts

import {loadGraphModel} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fitStandardizer, initBackend, lastLayer, loadDataset, pointEstimate} from 'tfjs-bayes';
import {laplace} from 'tfjs-bayes/laplace';

await initBackend({prefer: 'wasm'});

const wine = await loadDataset('wine');
const scaled = fitStandardizer(wine.x, wine.features).transform(wine.x);
const x = tf.tensor2d(scaled, [wine.rows, wine.features]);
const y = tf.tensor1d(wine.y, 'int32');

const graph = await frozenNet();
console.log('Weights of the graph:', Object.keys(graph.weights).join(', '));

// The one line that a graph model needs; graph.weights and a viewer of model.json tell the names.
const model = lastLayer({
  model: graph,
  features: 'hidden/Relu',
  kernel: 'logits/kernel',
  bias: 'logits/bias',
  head: 'softmax',
});
const [ours, theirs] = [model.predict(x) as tf.Tensor, graph.predict(x) as tf.Tensor];
const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(ours, theirs))));
console.log('Largest difference to the graph itself:', (await difference.data())[0]);

const posterior = await laplace(model, {structure: 'full'}).fit(x, y);
await posterior.tune();
const point = pointEstimate(model);
const rows = [];
for (const [what, factor] of [
  ['the wines', 1],
  ['twice as far from the mean', 2],
  ['ten times as far', 10],
] as const) {
  const inputs = tf.mul(x, factor);
  const [plain, bayes] = [await point.predict(inputs), await posterior.predict(inputs)];
  if (plain.kind !== 'categorical' || bayes.kind !== 'categorical') throw new TypeError(bayes.kind);
  const confidence = async (probs: tf.Tensor): Promise<number> => {
    const mean = tf.tidy(() => tf.mean(tf.max(probs, -1)));
    const [value] = await mean.data();
    mean.dispose();
    return Number((value as number).toFixed(3));
  };
  rows.push({
    inputs: what,
    'confidence of the graph': await confidence(plain.probs),
    'with a posterior': await confidence(bayes.probs),
  });
  for (const used of [plain, bayes, inputs]) used.dispose();
}
console.table(rows);
console.log(
  'Far from the data the graph grows certain without reason. A posterior over its last layer alone tempers that;',
);
console.log('it costs some confidence on the wines, too, and cannot see what the layers before it do not tell apart.');
for (const used of [posterior, model, graph, x, y, ours, theirs, difference]) used.dispose();

/** Stands for a model that somebody else trained and converted: 13 inputs, 16 hidden units, 3 classes, as files of a graph. */
async function frozenNet(): Promise<Awaited<ReturnType<typeof loadGraphModel>>> {
  const glorot = (seed: number) => tfl.initializers.glorotNormal({seed});
  const trained = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 16, activation: 'relu', inputShape: [wine.features], kernelInitializer: glorot(1)}),
      tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: glorot(2)}),
    ],
  });
  trained.compile({optimizer: tf.train.adam(0.02), loss: 'sparseCategoricalCrossentropy'});
  const labels = tf.cast(y, 'float32');
  await trained.fit(x, labels, {epochs: 40, batchSize: 64, shuffle: false, verbose: 0});
  const names = ['hidden/kernel', 'hidden/bias', 'logits/kernel', 'logits/bias'];
  const weights = Object.fromEntries(trained.getWeights().map((weight, i) => [names[i] as string, weight]));
  const {data, specs} = await tf.io.encodeWeights(weights);

  const float = {type: 'DT_FLOAT'};
  const shapeOf = (shape: readonly number[]) => ({dim: shape.map((size) => ({size: String(size)}))});
  const operation = (name: string, op: string, input: string[]) => ({name, op, input, attr: {T: float}});
  const node = [
    {name: 'x', op: 'Placeholder', input: [], attr: {dtype: float, shape: {shape: shapeOf([-1, wine.features])}}},
    ...Object.entries(weights).map(([name, {shape}]) => ({
      name,
      op: 'Const',
      input: [],
      attr: {dtype: float, value: {tensor: {dtype: 'DT_FLOAT', tensorShape: shapeOf(shape)}}},
    })),
    operation('hidden/MatMul', 'MatMul', ['x', 'hidden/kernel']),
    operation('hidden/BiasAdd', 'BiasAdd', ['hidden/MatMul', 'hidden/bias']),
    operation('hidden/Relu', 'Relu', ['hidden/BiasAdd']),
    operation('logits/MatMul', 'MatMul', ['hidden/Relu', 'logits/kernel']),
    operation('logits/BiasAdd', 'BiasAdd', ['logits/MatMul', 'logits/bias']),
    operation('probabilities', 'Softmax', ['logits/BiasAdd']),
  ];
  trained.dispose();
  labels.dispose();
  return loadGraphModel(
    tf.io.fromMemory({modelTopology: {node, versions: {producer: 1}}, weightSpecs: specs, weightData: data}),
  );
}
