import {ConfigError} from '../../src/errors.ts';
import {type CouplingOptions, couplingStack} from './coupling.ts';
import type {Flow} from './flow.ts';
import {rationalQuadraticSpline} from './rational-quadratic-spline.ts';
import {checkCounts} from './stack.ts';

/** Options of {@link splineCouplingFlow}. */
export interface SplineCouplingOptions extends CouplingOptions {
  /** K, how many pieces each spline has. Default 8. */
  readonly bins?: number;
  /** B: splines bend [-B, B] and leave the rest alone. Default 5. */
  readonly bound?: number;
}

/**
 * A neural spline flow: coupling layers that map each number by a monotone spline of K pieces, quotients of quadratics, whose
 * widths, heights and slopes a network computes from the columns left alone and the context.
 *
 * On [-B, B]; outside it is the identity. Bends a line in as many places as there are bins, where an affine layer only
 * stretches: several modes and sharp edges need fewer layers, each about three times the price. It starts near the identity:
 * standardize what it is to fit, or put an {@link affineFlow} after it.
 *
 * Source: Durkan, Bekasov, Murray and Papamakarios (2019).
 *
 * @param options sizes of the flow.
 *
 * @throws ConfigError if a count is not whole, there are fewer than 2 bins or more than 500, `bound` is not above 0, or `weightScale` is 0:
 * with all weights zero none would get a gradient.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {flowSample, splineCouplingFlow} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const flow = splineCouplingFlow({dimension: 2, layers: 2, hidden: [16], bins: 4});
 * const {value, logDensity} = flowSample(flow, {count: 5, rng: createRng(1)});
 * console.log(value.shape, logDensity.shape);   // [5, 2] [5]
 * tf.dispose([value, logDensity]);
 * flow.dispose();
 * ```
 */
export function splineCouplingFlow({bins = 8, bound = 5, ...options}: SplineCouplingOptions): Flow {
  checkCounts('splineCouplingFlow', {bins: [bins, 2]});
  if (!(bound > 0 && bins <= 500)) {
    throw new ConfigError(
      `splineCouplingFlow: expected a bound above 0 and at most 500 bins, got ${bound} and ${bins}. Leave them out for 5 and 8.`,
    );
  }
  return couplingStack('spline-coupling', rationalQuadraticSpline({bins, bound}), options, {bins, bound});
}
