import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, DataError, ShapeError} from '../../src/errors.ts';
import {resolveLikelihood} from '../../src/likelihoods/index.ts';
import {batchesOf, countInputs, createNet, type Inputs, type Net, sliceInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {vbllClassification} from './classification.ts';
import {denseFeatures, type FeatureSource, functionFeatures} from './features.ts';
import {asRows, type VbllHead} from './head.ts';
import {requirePositive} from './options.ts';
import {vbllRegression} from './regression.ts';
import {VbllPosterior} from './vbll-posterior.ts';

/** Options of {@link fitVbllHead}. */
export interface FitVbllHeadOptions {
  /**
   * The head to train, not yet used elsewhere; after an error it is still yours. Default: `vbllClassification` or
   * `vbllRegression`, as the likelihood says.
   */
  head?: VbllHead;
  /** `'categorical'` or `'gaussian'`, where the model ends in a linear layer and no head is given. */
  likelihood?: string;
  /** Passes over the data. Default 50. */
  epochs?: number;
  /** Examples in one step. Default 256. */
  batchSize?: number;
  /** Adam's learning rate at the start; it falls to 0 along a cosine. Default 0.02. */
  learningRate?: number;
  /** Orders the examples and starts the head. Default: a fixed seed. */
  rng?: Rng;
  /** Functions called during training. Default none. */
  callbacks?: {
    /** Called after each pass, counted from 0, with its mean objective in nats per example; training waits for it. */
    onEpochEnd?(epoch: number, logs: {loss: number}): void | Promise<void>;
  };
}

/** A net whose last layer is replaced, or any function from inputs to features [N, ..., D]. */
export type VbllFeatures = tfl.LayersModel | ((x: Inputs) => tf.Tensor);

/**
 * Gives a trained net a VBLL head in place of its last Dense layer, without touching the net: features are computed once,
 * and only the head is trained on them, by minibatches.
 *
 * Features have a constant 1 added where the Dense layer has a bias, and the default head starts at its kernel. Instead of a
 * model, `features` may be any function, such as `(x) => graphModel.execute(x, 'features')` or `(x) => x`; then give a
 * `head`; such a posterior cannot be saved. `x` and `y` are what `model.fit` takes; labels may be integers.
 *
 * Throws `ShapeError`, `DataError`, and `ConfigError` for a model that does not end in a Dense layer. `dispose()` of the
 * posterior disposes the head.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {fitVbllHead} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({
 *   layers: [
 *     tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}),
 *     tfl.layers.dense({units: 2, activation: 'softmax'}),
 *   ],
 * });
 * const x = tf.randomNormal([20, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32');
 * const posterior = await fitVbllHead(model, x, y, {epochs: 5});
 * const predictive = await posterior.predict(x);
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export async function fitVbllHead(
  features: VbllFeatures,
  x: Inputs,
  y: tf.Tensor,
  options: FitVbllHeadOptions = {},
): Promise<VbllPosterior> {
  const {batchSize = 256, learningRate = 0.02, epochs = 50} = options;
  requirePositive(learningRate, 'learningRate', 'fitVbllHead');
  requirePositive(epochs, 'epochs', 'fitVbllHead');
  const count = countInputs(x);
  if (y.shape[0] !== count) {
    throw new ShapeError(
      `fitVbllHead: expected y with ${count} examples on its first axis like x, got [${y.shape}]. ` +
        'Give one target for each example.',
    );
  }
  const source = typeof features === 'function' ? functionFeatures(features) : denseFeatures(features, 'fitVbllHead');
  const phi = readFeatures(source, x, batchSize);
  let head: VbllHead | undefined;
  let targets: tf.Tensor | undefined;
  try {
    await checkFeatures(phi);
    head = options.head ?? defaultHead(features, phi, options);
    buildHead(head, phi);
    if (!options.head) startAtLastLayer(head, features as tfl.LayersModel);
    targets = await head.likelihood.prepareTargets(y, [...phi.shape.slice(0, -1), head.outputSize], 'fitVbllHead');
    await train(head, phi, targets, options);
    return new VbllPosterior(head, source, {ownsHead: true});
  } catch (error) {
    if (head?.built && head !== options.head) head.dispose();
    throw error;
  } finally {
    tf.dispose([phi, ...(targets ? [targets] : [])]);
  }
}

function readFeatures(source: FeatureSource, x: Inputs, batchSize: number): tf.Tensor {
  return tf.tidy(() =>
    tf.concat(
      batchesOf(countInputs(x), batchSize).map(({start, size}) => source.features(sliceInputs(x, start, size))),
    ),
  );
}

async function checkFeatures(features: tf.Tensor): Promise<void> {
  if ((await features.data()).every(Number.isFinite)) return;
  throw new DataError(
    "fitVbllHead: expected finite features, got NaN or infinities. Look for them in x and in the model's weights.",
  );
}

/** A head for what the model is about. */
function defaultHead(features: VbllFeatures, phi: tf.Tensor, {likelihood, rng}: FitVbllHeadOptions): VbllHead {
  if (typeof features === 'function') {
    throw new ConfigError(
      'fitVbllHead: expected a head where features come from a function, got none. ' +
        'Pass head: vbllClassification({units, trainSize}) or another.',
    );
  }
  const net: Net = createNet(features, {caller: 'fitVbllHead'});
  const {name} = resolveLikelihood(likelihood, net.head, 'fitVbllHead');
  const make = {categorical: vbllClassification, gaussian: vbllRegression}[name];
  if (!make) {
    throw new ConfigError(
      `fitVbllHead: expected a likelihood 'categorical' or 'gaussian', got '${name}'. Pass a head of your own.`,
    );
  }
  const trainSize = asRowCount(phi);
  const [seed] = (rng ?? createRng('vbll')).fork('head').permutation(2 ** 16);
  return make({units: net.outputSize, trainSize, seed: seed as number});
}

function asRowCount(features: tf.Tensor): number {
  return features.size / (features.shape.at(-1) as number);
}

function buildHead(head: VbllHead, features: tf.Tensor): void {
  if (!head.built) {
    tf.tidy(() => {
      head.apply(tf.slice(asRows(features), 0, 1));
    });
  }
  const inputs = features.shape.at(-1) as number;
  if (head.inputSize === inputs) return;
  throw new ShapeError(
    `fitVbllHead: expected a head for ${inputs} features, got one for ${head.inputSize}. ` +
      'Leave inputShape out, and remember the constant that stands for the bias.',
  );
}

function startAtLastLayer(head: VbllHead, model: tfl.LayersModel): void {
  tf.tidy(() => {
    const {kernel, bias} = createNet(model).lastLayer;
    const weights = tf.reshape(kernel.read(), [-1, head.units]);
    head.startAt(bias ? tf.concat([weights, tf.reshape(bias.read(), [1, -1])]) : weights);
  });
}

async function train(
  head: VbllHead,
  features: tf.Tensor,
  y: tf.Tensor,
  {epochs = 50, batchSize = 256, learningRate = 0.02, rng = createRng('vbll'), callbacks}: FitVbllHeadOptions,
): Promise<void> {
  const optimizer = tf.train.adam(learningRate);
  const variables = head.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const order = rng.fork('order');
  const rows = asRowCount(features);
  const batches = batchesOf(rows, batchSize);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const shuffled = Int32Array.from(order.permutation(rows));
      const objective = tf.tidy(() => tf.variable(tf.scalar(0)));
      for (const [i, {start, size}] of batches.entries()) {
        const progress = (epoch + i / batches.length) / epochs;
        setLearningRate(optimizer, (learningRate * (1 + Math.cos(Math.PI * progress))) / 2);
        tf.tidy(() => {
          const picked = tf.tensor1d(shuffled.subarray(start, start + size), 'int32');
          const [phi, targets] = [tf.gather(asRows(features), picked), tf.gather(asRows(y), picked)];
          const loss = optimizer.minimize(() => head.objective(phi, targets), true, variables) as tf.Scalar;
          objective.assign(tf.add(objective, tf.mul(loss, size / rows)));
        });
      }
      const [loss] = await objective.data();
      objective.dispose();
      await callbacks?.onEpochEnd?.(epoch, {loss: loss as number});
    }
  } finally {
    optimizer.dispose();
  }
}

/** tfjs reads the rate anew in each step but lets nobody set it. */
function setLearningRate(optimizer: tf.AdamOptimizer, learningRate: number): void {
  (optimizer as unknown as {learningRate: number}).learningRate = learningRate;
}
