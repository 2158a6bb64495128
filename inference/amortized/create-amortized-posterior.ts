import {ConfigError} from '../../src/errors.ts';
import type {Flow} from '../flows/flow.ts';
import type {Model} from '../model/model.ts';
import {AmortizedNetworks} from './amortized-networks.ts';
import type {AmortizedPosterior} from './amortized-posterior.ts';
import {modelSimulator, type Simulator} from './simulator.ts';
import type {SummaryNetwork} from './summary-network.ts';

/** What {@link amortizedPosterior} is made of. */
export interface AmortizedPosteriorOptions {
  /** Where parameters and data come from: a simulator, or a model with a proper prior on every parameter. */
  readonly simulator: Simulator | Model;
  /** What a data set becomes before the flow sees it. */
  readonly summaryNetwork: SummaryNetwork;
  /** A flow with an inverse, of one column for each column of theta, whose context has the columns of the summaries. */
  readonly flow: Flow;
}

/**
 * An amortized posterior: a summary network h and a conditional flow q, trained together on simulations so that
 * q(theta | h(data)) is close to the posterior for whatever data the simulator may give.
 *
 *     minimize  E [-log q(theta | h(data))]   over   theta ~ prior, data ~ p(data | theta)
 *
 * It needs no likelihood, only simulations. Right on average over the prior predictive, not for each data set, and wrong without a sign
 * for data that the simulator does not give: check it with {@link checkAmortized}, and correct it with importance weights or MCMC
 * where a likelihood is there.
 * Theta is in unconstrained space, as in {@link Model}, standardized inside. Owns both networks.
 *
 * Source: Radev et al. (2020).
 *
 * @param options simulator, summary network and flow.
 *
 * @throws ConfigError if the flow has no inverse, or its dimensions are not those of the summaries and the model.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {createRng, initBackend} from 'tfjs-bayes';
 * import {affineCouplingFlow, amortizedPosterior, createModel, deepSet, normal} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const simulator = createModel({
 *   parameters: {mu: normal(0, 1)},
 *   observe: ({mu}) => ({y: {distribution: normal(tf.expandDims(mu as tf.Tensor, 1), 1), value: tf.zeros([4])}}),
 * });
 * const posterior = amortizedPosterior({
 *   simulator,
 *   summaryNetwork: deepSet({outputDimension: 2, inner: [4], outer: []}),
 *   flow: affineCouplingFlow({dimension: 1, contextDimension: 2, layers: 1, hidden: [4]}),
 * });
 * await posterior.train({simulations: 200, validation: 50, epochs: 2});   // thousands, and a hundred, in earnest
 * const {theta, logDensity} = posterior.sample(tf.tensor2d([[1.2, 0.7, 1.9, 1.1]]), {draws: 100, rng: createRng(1)});
 * console.log(theta.shape, logDensity.shape);   // [100, 1] [100]
 * tf.dispose([theta, logDensity]);
 * posterior.dispose();
 * ```
 */
export function amortizedPosterior({simulator, summaryNetwork, flow}: AmortizedPosteriorOptions): AmortizedPosterior {
  const model = 'samplePrior' in simulator ? simulator : undefined;
  checkNetworks(summaryNetwork, flow, model);
  return new AmortizedNetworks(
    model ? modelSimulator(model) : (simulator as Simulator),
    summaryNetwork,
    flow,
    namesOf(flow, model),
  );
}

function checkNetworks(summary: SummaryNetwork, flow: Flow, model: Model | undefined): void {
  if (flow.inverse === undefined) {
    throw new ConfigError(
      `amortizedPosterior: expected a flow with an inverse, got ${flow.getConfig().kind}. Take a coupling flow.`,
    );
  }
  if (flow.contextDimension !== summary.outputDimension) {
    throw new ConfigError(
      `amortizedPosterior: expected a flow with a context of ${summary.outputDimension} columns, as the summary network gives, got ` +
        `${flow.contextDimension}. Make it with contextDimension: ${summary.outputDimension}.`,
    );
  }
  if (model !== undefined && model.dimension !== flow.dimension) {
    throw new ConfigError(
      `amortizedPosterior: expected a flow of ${model.dimension} columns, as the model has, got ${flow.dimension}. Make it with ` +
        `dimension: ${model.dimension}.`,
    );
  }
}

function namesOf(flow: Flow, model: Model | undefined): string[] {
  if (model === undefined) return Array.from({length: flow.dimension}, (_, i) => `theta[${i}]`);
  return model.parameters.flatMap(({name, size}) =>
    size === 1 ? [name] : Array.from({length: size}, (_, i) => `${name}[${i}]`),
  );
}
