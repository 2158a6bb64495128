import * as tf from '@tensorflow/tfjs-core';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {ActivationName} from '../flows/activations.ts';
import {denseNetwork} from '../flows/dense-network.ts';
import {checkCounts} from '../flows/stack.ts';
import type {SummaryNetwork} from './summary-network.ts';
import {poolMeanMax} from './summary-pooling.ts';
import {inverseRootSize, readSets} from './summary-sets.ts';
import {Standardizer} from './summary-standardizer.ts';

/** Options of {@link deepSet}. */
export interface DeepSetOptions {
  /** d, how many numbers an element has. Default 1. */
  readonly features?: number;
  /** C, how many numbers a set becomes: two or three for each parameter. */
  readonly outputDimension: number;
  /** Units of the inner network, which each element goes through; the last are pooled. Default [64, 64]. */
  readonly inner?: readonly number[];
  /** Hidden units of the outer network, which the pooled numbers go through. Default [64]. */
  readonly outer?: readonly number[];
  /** What bends the hidden layers. Default `'silu'`. */
  readonly activation?: ActivationName;
  /** Draws the first weights; only forked. Default `createRng('deep set')`. */
  readonly rng?: Rng;
}

/**
 * A summary network for sets, whose elements have no order (exchangeable data): each element through one network, mean and
 * largest over the elements, and these through another.
 *
 *     summary = outer([mean_i inner(x_i), max_i inner(x_i)], 1 / sqrt(m))
 *
 * Data sets are [n, m] or [n, m, d], or several such by name, side by side in each element in alphabetical order of their names,
 * all cast to float32; with a `mask` [n, m] of 0 and 1 among them sets may have different sizes. The size m is an input, because a mean does not tell how sure it is. The numbers are standardized by
 * the moments of the training data.
 *
 * Source: Zaheer et al. (2017).
 *
 * @param options its sizes.
 *
 * @throws ConfigError if a count is not a whole number above 0; ShapeError for data that are no sets of d numbers.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {deepSet} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const summary = deepSet({outputDimension: 4, inner: [16, 16], outer: [16]});
 * const summaries = tf.tidy(() => summary.summarize(tf.randomNormal([3, 20])));   // three sets of 20 numbers
 * console.log(summaries.shape);   // [3, 4]
 * tf.dispose(summaries);
 * summary.dispose();
 * ```
 */
export function deepSet({
  features = 1,
  outputDimension,
  inner = [64, 64],
  outer = [64],
  activation = 'silu',
  rng = createRng('deep set'),
}: DeepSetOptions): SummaryNetwork {
  const lists = Object.entries({inner, outer}).flatMap(([name, units]) =>
    units.map((count, i) => [`${name}[${i}]`, [count, 1]] as const),
  );
  checkCounts('deepSet', {
    features: [features, 1],
    outputDimension: [outputDimension, 1],
    'number of inner layers': [inner.length, 1],
    ...Object.fromEntries(lists),
  });
  const pooled = inner.at(-1) as number;
  const common = {caller: 'deepSet', activation, weightScale: 1, outputScale: 1};
  const elementNetwork = denseNetwork({
    ...common,
    inputs: features,
    contextDimension: 0,
    hidden: inner.slice(0, -1),
    outputs: pooled,
    rng: rng.fork('inner'),
  });
  const setNetwork = denseNetwork({
    ...common,
    inputs: 2 * pooled,
    contextDimension: 1,
    hidden: outer,
    outputs: outputDimension,
    rng: rng.fork('outer'),
  });
  const standardizer = new Standardizer(features);
  const variables = [...elementNetwork.variables, ...setNetwork.variables];
  return {
    outputDimension,
    variables,
    constants: standardizer.constants,
    summarize: (data) =>
      tf.tidy(() => {
        const sets = readSets('deepSet', data, features);
        const [n, m] = sets.elements.shape;
        const rows = standardizer.apply(tf.reshape(sets.elements, [n * m, features]));
        const encoded = tf.reshape<tf.Rank.R3>(elementNetwork.apply(rows, undefined), [n, m, pooled]);
        return setNetwork.apply(poolMeanMax(encoded, sets.mask), inverseRootSize(sets));
      }),
    adapt: (data) => {
      tf.tidy(() => standardizer.adapt(readSets('deepSet', data, features)));
    },
    getConfig: () => ({kind: 'deep-set', features, outputDimension, inner, outer, activation}),
    dispose: () => tf.dispose([...variables, ...standardizer.constants]),
  };
}
