import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {countInputs} from '../../src/models/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {type FitDataset, shuffledBatches} from '../../src/training/index.ts';
import {disposeExamples, inputTensors, type LabelledExamples, withTensors} from './inputs.ts';
import {mixupBatches} from './mixup-batches.ts';
import {WeightedLoss} from './weighted-loss.ts';

/** How the data of one member differ from those of the others. */
export type Resampling = 'bootstrap' | 'bayesian-bootstrap';

/** A resampling, or pseudo-data; plain, so that other threads can be sent it. */
export type DataVariation =
  | {readonly kind: Resampling}
  | {readonly kind: 'mixup'; readonly alpha: number; readonly concentration: number};

/** What one member is trained on. */
export interface MemberData {
  readonly dataset: FitDataset;
  /** Disposes what was made, and gives the model its own loss back. */
  release(): void;
}

/** A member's own variation of the examples in shuffled batches; everything random comes from forks of `rng`. */
export function memberData(
  model: LayersModel,
  examples: LabelledExamples,
  {batchSize, rng, variation}: {batchSize: number; rng: Rng; variation: DataVariation | undefined},
): MemberData {
  switch (variation?.kind) {
    case undefined:
      return ownData(model, examples, {batchSize, rng});
    case 'bootstrap': {
      const drawn = drawWithReplacement(examples, rng.fork('resample'));
      const {dataset, release} = ownData(model, drawn, {batchSize, rng});
      return {
        dataset,
        release: () => {
          release();
          disposeExamples(drawn);
        },
      };
    }
    case 'bayesian-bootstrap': {
      const drawn = tf.tensor1d(dirichletWeights(countInputs(examples.x), rng.fork('resample')));
      const weights = tf.tidy(() => tf.mul<tf.Tensor1D>(drawn, examples.weights ?? 1));
      drawn.dispose();
      const {dataset, release} = ownData(model, {...examples, weights}, {batchSize, rng});
      return {
        dataset,
        release: () => {
          release();
          weights.dispose();
        },
      };
    }
    case 'mixup': {
      const loss = new WeightedLoss(model);
      return {
        dataset: mixupBatches(examples, {batchSize, rng, ...variation}, loss),
        release: () => loss.restore(),
      };
    }
  }
}

/** The examples as they are, in shuffled batches. */
function ownData(
  model: LayersModel,
  examples: LabelledExamples,
  order: {readonly batchSize: number; readonly rng: Rng},
): MemberData {
  const {x, y, weights} = examples;
  if (!weights) return {dataset: shuffledBatches(x, y, order), release: () => undefined};
  const loss = new WeightedLoss(model);
  return {dataset: weightedBatches(examples, weights, order, loss), release: () => loss.restore()};
}

/** As many examples as there are, drawn with replacement. */
function drawWithReplacement({x, y, weights}: LabelledExamples, rng: Rng): LabelledExamples {
  const count = countInputs(x);
  const rows = tf.tensor1d(
    Int32Array.from(rng.uniforms(count), (u) => Math.floor(u * count)),
    'int32',
  );
  const tensors = inputTensors(x).map((tensor) => tf.gather(tensor, rows));
  const drawn = {x: withTensors(x, tensors), y: tf.gather(y, rows), weights: weights && tf.gather(weights, rows)};
  rows.dispose();
  return drawn;
}

/** Weights of mean 1 from a flat Dirichlet: normalized exponentials. */
function dirichletWeights(count: number, rng: Rng): Float32Array {
  const draws = rng.uniforms(count).map((u) => -Math.log(1 - u));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / count;
  return Float32Array.from(draws, (draw) => draw / mean);
}

/** Shuffled batches that tell the loss the weights of their examples: the weights travel as one more input. */
function weightedBatches(
  {x, y}: LabelledExamples,
  weights: tf.Tensor1D,
  order: {batchSize: number; rng: Rng},
  loss: WeightedLoss,
): FitDataset {
  const inner = shuffledBatches([...inputTensors(x), weights], y, order);
  return {
    size: inner.size,
    iterator: async () => {
      const batches = await inner.iterator();
      return {
        next: async () => {
          const {value, done} = await batches.next();
          if (done) {
            loss.take(undefined);
            return {value: null, done: true};
          }
          const tensors = inputTensors(value.xs);
          loss.take({weights: tensors.at(-1) as tf.Tensor1D});
          return {value: {xs: withTensors(x, tensors.slice(0, -1)), ys: value.ys}, done: false};
        },
      };
    },
  };
}
