import * as tf from '@tensorflow/tfjs-core';
import type {Curvature, CurvatureFit} from '../src/curvature/index.ts';
import {DataError, ShapeError} from '../src/errors.ts';
import {batchesOf, countInputs, type Inputs, type Net, sliceInputs} from '../src/models/index.ts';
import {type FitTarget, startCurvature} from './curvature-fit.ts';
import type {DataFit} from './evidence.ts';
import type {LaplaceFitOptions} from './options.ts';
import type {PosteriorWeights} from './posterior-weights.ts';

/** Everything that the data and the trained weights say; nothing of the prior. */
export interface Fit extends DataFit {
  /** Curvature H of the negative log-likelihood. */
  readonly curvature: Curvature;
  /** Examples seen. */
  readonly examples: number;
  /** Fingerprint of the model that was fitted. */
  readonly fingerprint: string;
  /** The weights that have a posterior. */
  readonly weights: PosteriorWeights;
  /** Their trained values, flat. */
  readonly values: Float64Array;
}

/** A batch of labelled examples; whoever made it is told through `dispose` when it is no longer needed. */
export interface LabelledBatch {
  readonly x: Inputs;
  readonly y: tf.Tensor;
  dispose(): void;
}

/** The part of a `tf.data.Dataset` of `{xs, ys}` batches that a fit needs. */
export interface LabelledDataset {
  /** Starts reading. */
  iterator(): Promise<LabelledIterator>;
}

/** Reads one batch after the other. */
export interface LabelledIterator {
  /** The next batch. */
  next(): Promise<{
    /** The batch `{xs, ys}`; means nothing once `done`. */
    value: unknown;
    /** Whether the data have ended. Default false. */
    done?: boolean;
  }>;
  /** Told where reading ends before the data do. */
  return?(): Promise<unknown> | unknown;
}

/** Reads the labelled batches once more, from memory or from a stream. */
export type LabelledBatches = () => AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;

/**
 * The fit to labelled batches, in as many passes as the structure needs. With `previous`, its sums are copied and added to,
 * so that an error half-way leaves them as they were.
 */
export async function fitBatches(
  target: FitTarget,
  batches: LabelledBatches,
  {callbacks, caller, previous}: Pick<LaplaceFitOptions, 'callbacks'> & {caller: string; previous?: Fit | undefined},
): Promise<Fit> {
  const {weights, curvature: choice, likelihood: given} = target;
  const likelihood = (given.squaredResiduals && given.withNoiseScale?.(1)) ?? given;
  let curvatureFit: CurvatureFit | undefined;
  let negLogLikelihood = previous?.negLogLikelihood ?? 0;
  let halfSumOfSquares = previous?.halfSumOfSquares;
  let targets = previous?.targets ?? 0;
  let index = 0;
  const pass = async (use: (x: Inputs, y: tf.Tensor) => Promise<void>): Promise<number> => {
    let examples = 0;
    for await (const batch of batches()) {
      try {
        const size = countInputs(batch.x);
        const y = await likelihood.prepareTargets(batch.y, outputShape(weights.net, batch.x), caller);
        try {
          await use(batch.x, y);
        } finally {
          y.dispose();
        }
        examples += size;
        await callbacks?.onBatchEnd?.(index++, {size});
      } finally {
        batch.dispose();
      }
    }
    return examples;
  };
  const examples = await pass(async (x, y) => {
    curvatureFit ??= startCurvature({...target, likelihood}, x, previous?.curvature);
    const added = await curvatureFit.add(x, y);
    if (!Number.isFinite(added.negLogLikelihood)) {
      throw new DataError(
        `${caller}: expected finite outputs, got a negative log-likelihood of ${added.negLogLikelihood} in batch ` +
          `${index}. Look for NaN or infinities in x, y and the model's weights.`,
      );
    }
    negLogLikelihood += added.negLogLikelihood;
    if (added.halfSumOfSquares !== undefined) halfSumOfSquares = (halfSumOfSquares ?? 0) + added.halfSumOfSquares;
    targets += added.targets;
  });
  const fit = curvatureFit as CurvatureFit | undefined;
  if (!fit || targets === 0) {
    throw new DataError(`${caller}: expected at least one labelled example, got none. Give the training data.`);
  }
  while (await fit.endPass?.()) {
    const again = await pass(async (x, y) => fit.revisit?.(x, y));
    if (again === examples) continue;
    throw new DataError(
      `${caller}: expected the same data in every pass, which structure '${target.structure}' needs several of, got ` +
        `${examples} examples and then ${again}. Give a dataset that can be read again.`,
    );
  }
  return {
    curvature: fit.curvature,
    kind: choice.kind,
    negLogLikelihood,
    halfSumOfSquares,
    noiseScale: likelihood.noiseScale,
    targets,
    examples: examples + (previous?.examples ?? 0),
    fingerprint: await weights.net.fingerprint(),
    weights,
    values: await weights.read(),
  };
}

/** Shape of the outputs at `x`; axes that the model leaves open are found on one example. */
function outputShape(net: Net, x: Inputs): number[] {
  const [, ...declared] = net.model.outputs[0]?.shape ?? [];
  const inner = declared.every((size) => size !== null)
    ? declared
    : tf.tidy(() => net.outputs(sliceInputs(x, 0, 1)).shape.slice(1));
  return [countInputs(x), ...inner];
}

/** Cuts tensors into labelled batches. */
export function* slices(x: Inputs, y: tf.Tensor, batchSize = 256, caller: string): Generator<LabelledBatch> {
  const count = countInputs(x);
  if (y.shape[0] !== count) {
    throw new ShapeError(
      `${caller}: expected y with ${count} examples on its first axis like x, got [${y.shape}]. Give one target for each example.`,
    );
  }
  for (const {start, size} of batchesOf(count, batchSize)) {
    const part = {x: sliceInputs(x, start, size), y: tf.slice(y, start, size)};
    yield {...part, dispose: () => tf.dispose(part)};
  }
}

/** Reads a dataset's `{xs, ys}` elements as labelled batches. */
export async function* fromDataset(dataset: LabelledDataset, caller: string): AsyncGenerator<LabelledBatch> {
  const iterator = await dataset.iterator();
  let done = false;
  try {
    for (;;) {
      const next = await iterator.next();
      done = next.done === true;
      if (done) return;
      yield labelledBatch(next.value, caller);
    }
  } finally {
    if (!done) await iterator.return?.();
  }
}

function labelledBatch(value: unknown, caller: string): LabelledBatch {
  const {xs, ys} = (value ?? {}) as {xs?: Inputs; ys?: unknown};
  if (xs && ys instanceof tf.Tensor) return {x: xs, y: ys, dispose: () => tf.dispose({xs, ys} as tf.TensorContainer)};
  tf.dispose(value as tf.TensorContainer);
  throw new DataError(
    `${caller}: expected elements {xs, ys} with ys a tensor, got ${Object.keys(value ?? {}).join(', ') || 'none'}. ` +
      'Map the dataset to {xs, ys} and batch it.',
  );
}
