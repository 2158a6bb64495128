import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {areGraphs, type GraphEnsembleOptions, GraphEnsemblePosterior, type PredictingGraph} from './graph-ensemble.ts';
import {createHost, snapshot} from './host.ts';
import {type LikelihoodOptions, likelihoodWithNoise} from './likelihood.ts';

/**
 * One posterior of several trained nets of the same architecture, each with the same mass (Lakshminarayanan, Pritzel and
 * Blundell, 2017): `p(y | x) = 1/M sum_m p(y | f_m(x))`.
 *
 * Takes the weights as they are now, without copying. The first model lends its layers and must not be disposed before the
 * posterior; the others may be. Nets of different architectures go through `mixture` instead, but for frozen graph models,
 * whose architecture does not matter: of them the `head` must be told, and the result predicts but is not saved.
 *
 * @param models at least one tfjs LayersModel, or the results of `tf.loadGraphModel`.
 * @param options what the outputs mean; a Gaussian likelihood needs its `noiseScale`, graph models their `head`.
 * @throws ConfigError if there is no model, the architectures differ, layers and graph models are mixed, or a linear head
 *   comes without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {ensembleOf} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const build = () => tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2], activation: 'softmax'})]});
 * const posterior = ensembleOf([build(), build(), build()]);
 * const predictive = await posterior.predict(tf.ones([4, 2]));
 * console.log(posterior.size, predictive.kind); // 3 'categorical'
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function ensembleOf(models: readonly LayersModel[], options?: LikelihoodOptions): EnsemblePosterior;
/** The same of frozen graph models, whose `head` must be told; the result predicts but is not saved. */
export function ensembleOf(models: readonly PredictingGraph[], options: GraphEnsembleOptions): GraphEnsemblePosterior;
export function ensembleOf(
  models: readonly LayersModel[] | readonly PredictingGraph[],
  options: LikelihoodOptions | GraphEnsembleOptions = {},
): EnsemblePosterior | GraphEnsemblePosterior {
  if (areGraphs(models)) return new GraphEnsemblePosterior(models, options as GraphEnsembleOptions);
  const layered = models as readonly LayersModel[];
  const [host, ...others] = layered.map((model) => createHost(model, 'ensembleOf', options.output));
  if (host === undefined) {
    throw new ConfigError('ensembleOf: expected at least one model, got none. Pass the trained nets as a list.');
  }
  const odd = others.findIndex(({architecture}) => architecture !== host.architecture);
  if (odd >= 0) {
    throw new ConfigError(
      `ensembleOf: expected models of one architecture, got another as model ${odd + 1}. ` +
        'Join different architectures with mixture([pointEstimate(a), pointEstimate(b)]).',
    );
  }
  return new EnsemblePosterior({
    host,
    likelihood: likelihoodWithNoise(options, host.net.head, 'ensembleOf'),
    members: [host, ...others].map(({variables}) => snapshot(variables)),
    output: options.output,
  });
}
