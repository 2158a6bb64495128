import * as tf from '@tensorflow/tfjs-core';
import type {Distribution, Parameter} from '../../src/distributions/index.ts';
import type {Belief} from './belief.ts';
import {detached, stopGradient} from './gradient.ts';

/**
 * A belief that any distribution over tensors makes: log density summed over the last `eventAxes` axes of the parameters.
 *
 * @param create the distribution of given parameters, such as `bernoulliDistribution`.
 * @param parameters its parameters, with a leading axis of draws (1 or S).
 * @param options how to read the shape.
 * @param options.eventAxes how many last axes of independent numbers make one event; default 1, a vector.
 * @param options.reparameterized whether draws are differentiable in the parameters; default false.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {bernoulliDistribution, distributionBelief} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const pixels = distributionBelief(bernoulliDistribution, [tf.zeros([1, 5, 64])]);   // 5 images of 64 pixels
 * console.log(pixels.logProb(tf.ones([1, 5, 64])).shape);   // [1, 5]
 * ```
 */
export function distributionBelief<P extends Parameter[]>(
  create: (...parameters: P) => Distribution,
  parameters: readonly [...P],
  {eventAxes = 1, reparameterized = false}: {eventAxes?: number; reparameterized?: boolean} = {},
): Belief {
  const make = () => create(...(parameters as P));
  return {
    kind: 'distribution',
    reparameterized,
    sample: (rng, draws) => {
      const distribution = make();
      const {batchShape} = distribution;
      const sample = () => distribution.sample(rng, [draws, ...batchShape.slice(1)]);
      return reparameterized ? tf.tidy(sample) : detached(sample);
    },
    logProb: (value) =>
      tf.tidy(() => {
        const each = make().logProb(value);
        return eventAxes === 0 ? each : tf.sum(each, lastAxes(each.rank, eventAxes));
      }),
    stopped: () => distributionBelief(create, parameters.map(stopParameter) as P, {eventAxes, reparameterized}),
  };
}

function lastAxes(rank: number, count: number): number[] {
  return Array.from({length: count}, (_, i) => rank - count + i);
}

function stopParameter(parameter: Parameter): Parameter {
  return typeof parameter === 'number' ? parameter : stopGradient(parameter);
}
