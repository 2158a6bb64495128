// The worker: trains, predicts, and tells the page how far it is.

import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmThreads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng, initBackend, loadDataset, trainTestSplit} from 'tfjs-bayes';
import {ivon} from 'tfjs-bayes/layers';
import {accuracy, calibrationError} from 'tfjs-bayes/metrics';
import type {Message} from './messages.ts';

const EPOCHS = 30;
const BATCH = 64;
/** Digits to show. */
const SHOWN = 4;

const send = (message: Message) => self.postMessage(message);

try {
  await initBackend({
    prefer: 'wasm',
    wasmPath: {
      'tfjs-backend-wasm.wasm': wasm,
      'tfjs-backend-wasm-simd.wasm': wasmSimd,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmThreads,
    },
  });
  const {train, test} = trainTestSplit(await loadDataset('digits'));
  const scaled = (x: Float32Array) => x.map((level) => level / 16);
  const x = tf.tensor2d(scaled(train.x), [train.rows, 64]);
  const y = tf.cast(tf.oneHot(tf.tensor1d(train.y, 'int32'), 10), 'float32');

  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 64, activation: 'relu', inputShape: [64]}),
      tfl.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  const steps = EPOCHS * Math.ceil(train.rows / BATCH);
  const optimizer = ivon((step) => 0.2 * (1 - step / steps), {ess: train.rows, hessInit: 0.1, rng: createRng(1)});
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {
    epochs: EPOCHS,
    batchSize: BATCH,
    verbose: 0,
    callbacks: {
      onEpochEnd: async (epoch, logs) => {
        send({kind: 'progress', epoch: epoch + 1, epochs: EPOCHS, loss: logs?.loss ?? Number.NaN});
      },
    },
  });

  const posterior = await optimizer.posterior(model);
  const predictive = await posterior.predict(tf.tensor2d(scaled(test.x), [test.rows, 64]), {
    samples: 32,
    rng: createRng(2),
  });
  if (predictive.kind !== 'categorical') throw new TypeError(predictive.kind);
  const {probs, entropy} = await predictive.toArrays();
  const doubtful = [...entropy.total.keys()].sort((a, b) => (entropy.total[b] ?? 0) - (entropy.total[a] ?? 0));
  send({
    kind: 'done',
    accuracy: accuracy(probs, test.y),
    calibrationError: calibrationError(probs, test.y),
    doubts: doubtful.slice(0, SHOWN).map((i) => ({
      pixels: scaled(test.x.subarray(64 * i, 64 * (i + 1))),
      label: test.y[i] ?? Number.NaN,
      probs: probs.data.slice(10 * i, 10 * (i + 1)),
    })),
  });
} catch (error) {
  send({kind: 'failed', message: String(error)});
}
