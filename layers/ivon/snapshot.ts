import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {DataError} from '../../src/errors.ts';
import {type Likelihood, resolveLikelihood} from '../../src/likelihoods/index.ts';
import {createNet, readWeights} from '../../src/models/index.ts';
import {IvonPosterior} from './ivon-posterior.ts';
import {fixedWeights} from './posterior-fields.ts';

/** Options of `optimizer.posterior(model)`. */
export interface IvonPosteriorOptions {
  /** What the outputs mean: a name or a likelihood. Default: from the head, as in `laplace`. */
  readonly likelihood?: Likelihood | string;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** An optimizer's state, as far as a posterior of it needs it. */
export interface Trained {
  /** Number of updates. */
  readonly iterations: number;
  /** State of the stream that the noise comes from. */
  readonly rngState: Int32Array;
  /** State of one weight, whose tensors stay the optimizer's; throws where it has not been trained. */
  weight(weight: LayerVariable): WeightState;
}

/** State of one weight. */
export interface WeightState {
  readonly precision: tf.Tensor;
  readonly momentum: tf.Tensor;
  readonly steps: number;
  readonly ess: number;
  readonly weightDecay: number;
}

/** The posterior of a model at this moment: every tensor a copy. */
export async function snapshot(
  model: LayersModel,
  {likelihood, output}: IvonPosteriorOptions,
  {iterations, rngState, weight}: Trained,
): Promise<IvonPosterior> {
  const caller = 'ivon.posterior';
  const net = createNet(model, {caller, ...(output !== undefined && {output})});
  const resolved = resolveLikelihood(likelihood, net.head, caller);
  const states = net.weights.map((variable) => ({mean: variable.read(), ...weight(variable)}));
  const copy = (tensor: tf.Tensor): tf.Tensor => tf.keep(tf.clone(tensor));
  const gaussians = states.map(({mean, precision, ess, weightDecay}) => {
    return {mean: copy(mean), precision: copy(precision), ess, weightDecay};
  });
  const weights = states.map(({momentum, steps}) => ({momentum: copy(momentum), steps}));
  const posterior = new IvonPosterior({
    net,
    likelihood: resolved,
    output,
    gaussians,
    fixed: fixedWeights(net).map((fixed) => copy(fixed.read())),
    training: {iterations, rngState, weights},
  });
  const values = await readWeights(gaussians.flatMap(({mean, precision}) => [mean, precision]));
  if (values.every(Number.isFinite)) return posterior;
  posterior.dispose();
  throw new DataError(
    `${caller}: expected finite weights, got NaN or infinity: training diverged, or the data are not finite. ` +
      'Lower learningRate, raise hessInit, or set clipRadius; check the inputs.',
  );
}
