import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {countInputs} from '../../src/models/index.ts';
import type {Rng} from '../../src/random/index.ts';
import {type FitDataset, shuffledBatches} from '../../src/training/index.ts';
import {inputTensors, type LabelledExamples, withTensors} from './inputs.ts';
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
  const {x, y} = examples;
  switch (variation?.kind) {
    case undefined:
      return {dataset: shuffledBatches(x, y, {batchSize, rng}), release: () => undefined};
    case 'bootstrap': {
      const drawn = drawWithReplacement(examples, rng.fork('resample'));
      return {
        dataset: shuffledBatches(drawn.x, drawn.y, {batchSize, rng}),
        release: () => tf.dispose([...inputTensors(drawn.x), drawn.y]),
      };
    }
    case 'bayesian-bootstrap': {
      const loss = new WeightedLoss(model);
      const weights = tf.tensor1d(dirichletWeights(countInputs(x), rng.fork('resample')));
      return {
        dataset: weightedBatches(examples, weights, {batchSize, rng}, loss),
        release: () => {
          loss.restore();
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

/** As many examples as there are, drawn with replacement. */
function drawWithReplacement({x, y}: LabelledExamples, rng: Rng): LabelledExamples {
  const count = countInputs(x);
  const rows = tf.tensor1d(
    Int32Array.from(rng.uniforms(count), (u) => Math.floor(u * count)),
    'int32',
  );
  const tensors = inputTensors(x).map((tensor) => tf.gather(tensor, rows));
  const drawn = {x: withTensors(x, tensors), y: tf.gather(y, rows)};
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
