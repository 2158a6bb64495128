import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Rng} from 'tfjs-bayes';
import type {Problem} from './problem.ts';

/** What a net may have beside its two hidden layers. */
export interface NetOptions {
  /** Rate of dropout behind each hidden layer. */
  readonly dropout?: number;
  /** The last layer, where it is not Dense. */
  readonly head?: tfl.layers.Layer;
}

/** A net of two hidden layers; the prior of its weights is in the loss as their squared length. */
export function buildNet(problem: Problem, rng: Rng, {dropout, head}: NetOptions = {}): tfl.LayersModel {
  const {width} = problem.settings.numbers;
  const regularizer = () => tfl.regularizers.l2({l2: problem.priorPrecision / (2 * problem.trainSize)});
  const dense = (units: number, activation: 'tanh' | 'relu' | 'softmax' | 'linear', inputSize?: number) =>
    tfl.layers.dense({
      units,
      activation,
      kernelInitializer: tfl.initializers.glorotNormal({seed: seedFrom(rng)}),
      kernelRegularizer: regularizer(),
      biasRegularizer: regularizer(),
      ...(inputSize !== undefined && {inputShape: [inputSize]}),
    });
  const hidden = (inputSize?: number): tfl.layers.Layer[] => [
    dense(width, problem.settings.activation, inputSize),
    ...(dropout === undefined ? [] : [tfl.layers.dropout({rate: dropout})]),
  ];
  const last = head ?? dense(problem.outputs, problem.task === 'classes' ? 'softmax' : 'linear');
  return tfl.sequential({layers: [...hidden(problem.x.shape[1]), ...hidden(), last]});
}

/** A seed for an initializer. */
export function seedFrom(rng: Rng): number {
  return Math.floor((rng.uniforms(1)[0] ?? 0) * 2 ** 30);
}

/** The loss of a net that ends in probabilities or numbers. */
export function lossOf({task, likelihood}: Problem): tfl.ModelCompileArgs['loss'] {
  return task === 'classes' ? 'categoricalCrossentropy' : (likelihood.loss as never);
}

const BATCH = 32;

/** Makes a compiled net ready to be trained on one small random batch after the other. */
export function stepper(model: tfl.LayersModel, {x, y}: Problem, rng: Rng): () => Promise<void> {
  const width = (model.outputs[0] as tfl.SymbolicTensor).shape[1] ?? 1;
  let order = new Uint32Array();
  let next = 0;
  return async () => {
    if (next >= order.length) {
      order = rng.permutation(x.shape[0]) as Uint32Array<ArrayBuffer>;
      next = 0;
    }
    const [inputs, targets] = tf.tidy(() => {
      const rows = tf.tensor1d(Int32Array.from(order.subarray(next, next + BATCH)), 'int32');
      const chosen = tf.gather(y, rows);
      // tfjs wants targets as wide as the outputs; a learned noise has no target of its own.
      return [
        tf.gather(x, rows),
        tf.pad(chosen, [
          [0, 0],
          [0, Math.max(0, width - (chosen.shape[1] ?? 0))],
        ]),
      ];
    });
    next += BATCH;
    await model.trainOnBatch(inputs as tf.Tensor, targets as tf.Tensor);
    tf.dispose([inputs, targets]);
  };
}
