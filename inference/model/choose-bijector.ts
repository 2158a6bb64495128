import type {Support} from '../../src/distributions/index.ts';
import {ConfigError} from '../../src/errors.ts';
import type {Bijector} from './bijector.ts';
import {correlationCholeskyBijector} from './correlation-bijector.ts';
import {exponentialBijector, identityBijector, logisticBijector} from './scalar-bijectors.ts';
import {orderedBijector, simplexBijector} from './vector-bijectors.ts';

/**
 * The map from all real vectors to a support: `e^u` from an end, a scaled sigmoid between two ends, stick breaking for
 * simplexes, summed exponentials for ordered vectors, partial correlations for Cholesky factors of correlations.
 *
 * @param support where the values lie.
 *
 * @throws ConfigError for whole numbers, which no smooth map reaches: sum over them in the log density.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {bijectorOf, positiveSupport} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const u = tf.tensor1d([0]);
 * const x = bijectorOf(positiveSupport()).forward(u);
 * console.log((await x.data())[0]);   // 1
 * tf.dispose([u, x]);
 * ```
 */
export function bijectorOf(support: Support): Bijector {
  switch (support.kind) {
    case 'real':
      return identityBijector();
    case 'interval': {
      const {low, high} = support;
      if (high === Infinity) return exponentialBijector(low, 1);
      return low === -Infinity ? exponentialBijector(high, -1) : logisticBijector(low, high);
    }
    case 'simplex':
      return simplexBijector();
    case 'ordered':
      return orderedBijector();
    case 'correlation-cholesky':
      return correlationCholeskyBijector();
    case 'integers':
      throw new ConfigError(
        'createModel: expected a continuous parameter, got one on whole numbers. Sum over its values in the log density.',
      );
  }
}
