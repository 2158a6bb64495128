import {ConfigError} from '../../src/errors.ts';
import type {Flow} from './flow.ts';
import {stack} from './stack.ts';

/**
 * Flows one after another, as one: `forward` goes through them from the first to the last.
 *
 *     composeFlows([f, g]).forward(noise) = g.forward(f.forward(noise))
 *
 * The log-determinants add up. It has an inverse where all of them have. Owns the flows given: `dispose()` disposes them.
 *
 * @param flows flows of one dimension; those with a context share it.
 *
 * @throws ConfigError if there is none, or their dimensions differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {composeFlows, permutationFlow, planarFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = composeFlows([planarFlow({dimension: 2}), permutationFlow({order: [1, 0]})]);
 * const {value, logDeterminant} = flow.forward(tf.zeros([5, 2]));
 * console.log(value.shape, logDeterminant.shape);   // [5, 2] [5]
 * tf.dispose([value, logDeterminant]);
 * flow.dispose();
 * ```
 */
export function composeFlows(flows: readonly Flow[]): Flow {
  const dimensions = new Set(flows.map(({dimension}) => dimension));
  const contexts = new Set(flows.map(({contextDimension}) => contextDimension).filter((size) => size > 0));
  if (flows.length === 0 || dimensions.size > 1 || contexts.size > 1) {
    throw new ConfigError(
      `composeFlows: expected flows of one dimension and one context, got ${flows.length} of dimensions ` +
        `[${[...dimensions]}] and contexts [${[...contexts]}]. Make them with the same dimension and contextDimension.`,
    );
  }
  return stack(flows, {kind: 'composed', flows: flows.map((flow) => flow.getConfig())});
}
