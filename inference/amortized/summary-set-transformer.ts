import * as tf from '@tensorflow/tfjs-core';
import {normalTensor} from '../../src/backend/index.ts';
import {ConfigError} from '../../src/errors.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {ActivationName} from '../flows/activations.ts';
import {denseNetwork} from '../flows/dense-network.ts';
import {checkCounts} from '../flows/stack.ts';
import {attentionBlock} from './summary-attention.ts';
import type {SummaryNetwork} from './summary-network.ts';
import {inverseRootSize, readSets} from './summary-sets.ts';
import {Standardizer} from './summary-standardizer.ts';

/** Options of {@link setTransformer}. */
export interface SetTransformerOptions {
  /** d, how many numbers an element has. Default 1. */
  readonly features?: number;
  /** C, how many numbers a set becomes: two or three for each parameter. */
  readonly outputDimension: number;
  /** w, units of each element inside; a multiple of `heads`. Default 32. */
  readonly width?: number;
  /** How many parts attention is split into. Default 4. */
  readonly heads?: number;
  /** How many attention blocks. Default 2. */
  readonly blocks?: number;
  /**
   * Points that elements attend to each other through, so that a block costs m times these instead of m squared; 0 lets elements
   * attend to each other directly. Default 8.
   */
  readonly inducingPoints?: number;
  /** Learned queries that the set is pooled by. Default 1. */
  readonly seeds?: number;
  /** Hidden units of the network after pooling. Default [64]. */
  readonly outer?: readonly number[];
  /** What bends the hidden layers. Default `'silu'`. */
  readonly activation?: ActivationName;
  /** Draws the first weights; only forked. Default `createRng('set transformer')`. */
  readonly rng?: Rng;
}

/**
 * A summary network for sets whose elements have to be compared with each other: attention among them, then pooling by attention.
 *
 *     X = embed(x);   X = attend(X, attend(points, X)) for each block;   summary = outer(attend(seeds, X), 1 / sqrt(m))
 *
 * It takes data sets as {@link deepSet} does, those by name in alphabetical order and all cast to float32, costs some five times as much, and tells more where a mean over elements loses what
 * matters. Blocks have no normalization: keep them few.
 *
 * Source: Lee et al. (2019).
 *
 * @param options its sizes.
 *
 * @throws ConfigError if a count is not whole, or `width` is no multiple of `heads`; ShapeError for data that are no sets of d
 * numbers.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {setTransformer} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const summary = setTransformer({outputDimension: 4, width: 8, heads: 2, inducingPoints: 3, outer: [8]});
 * const summaries = summary.summarize(tf.randomNormal([3, 20]));   // three sets of 20 numbers
 * console.log(summaries.shape);   // [3, 4]
 * tf.dispose(summaries);
 * summary.dispose();
 * ```
 */
export function setTransformer({
  features = 1,
  outputDimension,
  width = 32,
  heads = 4,
  blocks = 2,
  inducingPoints = 8,
  seeds = 1,
  outer = [64],
  activation = 'silu',
  rng = createRng('set transformer'),
}: SetTransformerOptions): SummaryNetwork {
  checkCounts('setTransformer', {
    features: [features, 1],
    outputDimension: [outputDimension, 1],
    width: [width, 1],
    heads: [heads, 1],
    blocks: [blocks, 0],
    inducingPoints: [inducingPoints, 0],
    seeds: [seeds, 1],
    ...Object.fromEntries(outer.map((count, i) => [`outer[${i}]`, [count, 1] as const])),
  });
  if (width % heads !== 0) {
    throw new ConfigError(
      `setTransformer: expected a width that is a multiple of heads, got ${width} and ${heads}. Use 32 and 4.`,
    );
  }
  const perceptron = {caller: 'setTransformer', activation, weightScale: 1, outputScale: 1};
  const embedding = denseNetwork({
    ...perceptron,
    inputs: features,
    contextDimension: 0,
    hidden: [],
    outputs: width,
    rng: rng.fork('embedding'),
  });
  const attention = (name: string) => attentionBlock({width, heads, activation, rng: rng.fork(name)});
  const queries = (name: string, count: number) =>
    tf.tidy(() => tf.variable(normalTensor(rng.fork(name), [1, count, width]))) as tf.Variable<tf.Rank.R3>;
  const layers = Array.from({length: blocks}, (_, i) => ({
    points: inducingPoints > 0 ? queries(`points ${i}`, inducingPoints) : undefined,
    gather: inducingPoints > 0 ? attention(`gather ${i}`) : undefined,
    attend: attention(`attend ${i}`),
  }));
  const seed = queries('seeds', seeds);
  const pooling = attention('pooling');
  const head = denseNetwork({
    ...perceptron,
    inputs: seeds * width,
    contextDimension: 1,
    hidden: outer,
    outputs: outputDimension,
    rng: rng.fork('outer'),
  });
  const standardizer = new Standardizer(features);
  const variables = [
    ...embedding.variables,
    ...layers.flatMap(({points, gather, attend}) => [
      ...(points ? [points] : []),
      ...(gather?.variables ?? []),
      ...attend.variables,
    ]),
    seed,
    ...pooling.variables,
    ...head.variables,
  ];
  return {
    outputDimension,
    variables,
    constants: standardizer.constants,
    summarize: (data) =>
      tf.tidy(() => {
        const sets = readSets('setTransformer', data, features);
        const [n, m] = sets.elements.shape;
        const rows = standardizer.apply(tf.reshape(sets.elements, [n * m, features]));
        let x = tf.reshape<tf.Rank.R3>(embedding.apply(rows, undefined), [n, m, width]);
        for (const {points, gather, attend} of layers) {
          x =
            points && gather
              ? attend.apply(x, gather.apply(points, x, sets.mask), undefined)
              : attend.apply(x, x, sets.mask);
        }
        const pooled = tf.reshape(pooling.apply(seed, x, sets.mask), [n, seeds * width]) as tf.Tensor2D;
        return head.apply(pooled, inverseRootSize(sets));
      }),
    adapt: (data) => {
      tf.tidy(() => standardizer.adapt(readSets('setTransformer', data, features)));
    },
    getConfig: () => ({
      kind: 'set-transformer',
      features,
      outputDimension,
      width,
      heads,
      blocks,
      inducingPoints,
      seeds,
      outer,
      activation,
    }),
    dispose: () => tf.dispose([...variables, ...standardizer.constants]),
  };
}
