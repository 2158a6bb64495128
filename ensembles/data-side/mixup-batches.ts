import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {countInputs} from '../../src/models/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {type FitDataset, shuffledBatches} from '../../src/training/index.ts';
import {inputTensors, type LabelledExamples, withTensors} from './inputs.ts';
import {drawSymmetricBeta} from './symmetric-beta.ts';
import type {WeightedLoss} from './weighted-loss.ts';

/** How pseudo-data are made and weighed. */
export interface MixupBatchesOptions {
  readonly batchSize: number;
  readonly rng: Rng;
  readonly alpha: number;
  readonly concentration: number;
}

/**
 * Shuffled batches, each followed by as many pseudo-examples: two examples drawn from all of them, the inputs mixed in the
 * ratio `Beta(alpha, alpha)`, and both targets for a loss mixed in the same. Weights have the mean 1.
 */
export function mixupBatches(
  {x, y, weights}: LabelledExamples,
  {batchSize, rng, alpha, concentration}: MixupBatchesOptions,
  loss: WeightedLoss,
): FitDataset {
  const odd = inputTensors(x).find(({dtype}) => dtype !== 'float32');
  if (odd) {
    throw new ConfigError(
      `mixupMp.fit: expected inputs of numbers that can be mixed, got a tensor of ${odd.dtype}. ` +
        "Take deepEnsemble({resample: 'bayesian-bootstrap'}) for tokens and categories.",
    );
  }
  if (weights) {
    throw new ConfigError(
      'mixupMp.fit: expected neither sampleWeight nor classWeight, which pseudo-examples of two others do not have, got one. ' +
        'Take deepEnsemble.',
    );
  }
  const all = countInputs(x);
  const real = shuffledBatches(x, y, {batchSize, rng});
  const stream = rng.fork('mixup');
  let pass = 0;
  return {
    size: real.size,
    iterator: async () => {
      const batches = await real.iterator();
      const draws = stream.fork(pass++);
      return {
        next: async () => {
          const {value, done} = await batches.next();
          if (done) {
            loss.take(undefined);
            return {value: null, done: true};
          }
          const size = value.ys.shape[0] as number;
          const pairs = Array.from({length: 2}, () => drawRows(draws, size, all)) as [tf.Tensor1D, tf.Tensor1D];
          const ratios = tf.tensor1d(Float32Array.from(drawSymmetricBeta(draws, alpha, size)));
          const parts = inputTensors(value.xs);
          const xs = inputTensors(x).map((tensor, i) =>
            tf.tidy(() => tf.concat([parts[i] as tf.Tensor, mix(tensor, pairs, ratios)])),
          );
          const [first, second] = pairs.map((rows) => tf.tidy(() => tf.concat([value.ys, tf.gather(y, rows)]))) as [
            tf.Tensor,
            tf.Tensor,
          ];
          loss.take({
            weights: tf.tidy(() =>
              tf.mul(tf.concat([tf.ones([size]), tf.fill([size], concentration)]), 2 / (1 + concentration)),
            ),
            second: {targets: second, share: tf.tidy(() => tf.concat([tf.ones([size]), ratios]))},
          });
          tf.dispose([...pairs, ratios, ...parts, value.ys]);
          return {value: {xs: withTensors(x, xs), ys: first}, done: false};
        },
      };
    },
  };
}

function drawRows(rng: Rng, count: number, all: number): tf.Tensor1D {
  const rows = Int32Array.from(rng.uniforms(count), (u) => Math.floor(u * all));
  return tf.tensor1d(rows, 'int32');
}

function mix(x: tf.Tensor, [a, b]: readonly [tf.Tensor1D, tf.Tensor1D], ratios: tf.Tensor1D): tf.Tensor {
  const ratio = tf.reshape(ratios, [ratios.size, ...new Array<number>(x.rank - 1).fill(1)]);
  return tf.add(tf.mul(ratio, tf.gather(x, a)), tf.mul(tf.sub(1, ratio), tf.gather(x, b)));
}
