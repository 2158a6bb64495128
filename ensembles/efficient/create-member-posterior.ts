import type * as tfl from '@tensorflow/tfjs-layers';
import type {NetNoise} from '../../src/posterior/index.ts';
import {checkCount} from '../checks.ts';
import {createHost, snapshot} from '../host.ts';
import {type LikelihoodOptions, likelihoodWithNoise} from '../likelihood.ts';
import {findMeanOfMembers} from './mean-of-members.ts';
import {MemberPosterior} from './member-posterior.ts';

/** Options of {@link memberPosterior}. */
export interface MemberPosteriorOptions extends LikelihoodOptions {
  /** Draws where `predict` is not told how many; they count for Gaussian factors and `masks` only. Default 100. */
  readonly samples?: number;
  /** Averages over this noise inside the members too, such as `dropoutMasks()` of `tfjs-bayes/layers`. Default none. */
  readonly masks?: NetNoise;
}

/**
 * The members of an efficient ensemble, told apart: the posterior of a model that `batchEnsemble`, `rankOneEnsemble`, `masksembles`,
 * `mimo`, `packedEnsemble` or `lastLayerEnsemble` made, or any with a `meanOfMembers` layer.
 *
 *     p(y | x) = 1/M sum_m p(y | f_m(x)),   with masks 1/(M S) sum_m sum_s p(y | f_m(x; mask_s))
 *
 * Takes the weights as they are now, without copying; the model lends its layers and must not be disposed before. A file holds all
 * weights, the shared ones once. `mixture` joins several runs. The members have no weight vectors of their own, so that it draws
 * outputs, not weights.
 *
 * @param model The model.
 * @param options What the outputs mean, and how many draws.
 * @param options.likelihood What the outputs mean. Default: from the head; a linear head must name one.
 * @param options.noiseScale Standard deviation of the noise of a Gaussian likelihood, in the units of y.
 * @param options.output Name of the output, for models with several.
 * @param options.samples Draws of Gaussian factors and masks. Default 100.
 * @param options.masks Noise inside the members that is averaged over too. Default none.
 * @throws ConfigError for a model without members, or without the noise asked for, or a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {batchEnsemble, memberPosterior} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const net = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * const posterior = memberPosterior(batchEnsemble(net, {members: 4, start: 0.5}));
 * const predictive = await posterior.predict(tf.ones([6, 3]), {keepMembers: true});
 * console.log(predictive.kind === 'categorical' && predictive.memberProbs?.shape); // [4, 6, 2]
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function memberPosterior(
  model: tfl.LayersModel,
  {samples = 100, masks, ...options}: MemberPosteriorOptions = {},
): MemberPosterior {
  checkCount(samples, 'samples', 1, 'memberPosterior');
  const host = createHost(model, 'memberPosterior', options.output);
  findMeanOfMembers(host.net.model, 'memberPosterior');
  masks?.find(host.net, 'memberPosterior'); // refuses a net without them before weights are kept
  const likelihood = likelihoodWithNoise(options, host.net.head, 'memberPosterior');
  const {output} = options;
  const fields = {host, likelihood, weights: snapshot(host.variables), output, samples, masks};
  return new MemberPosterior(fields, 'memberPosterior');
}
