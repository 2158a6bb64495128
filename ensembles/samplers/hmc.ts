import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DataError} from '../../src/errors.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import {type Inputs, toModelInputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import {dualAveraging, startDualAveraging} from '../../src/samplers/index.ts';
import {warn} from '../../src/warn.ts';
import {EnsemblePosterior} from '../ensemble-posterior.ts';
import {createHost, type EnsembleFields, type Host, snapshot} from '../host.ts';
import {likelihoodWithNoise} from '../likelihood.ts';
import {targetsFor} from '../targets.ts';
import {type HmcOptions, type HmcRun, type HmcSettings, hmcSettings} from './hmc-options.ts';
import {findStepSize, type HmcDynamics, hmcTransition} from './hmc-transition.ts';
import {disposePoint, type WeightPoint, weightEnergy} from './weight-energy.ts';

/** The weight vectors that `hmc` drew, in their order. */
export class HmcPosterior extends EnsemblePosterior {
  /** What the chain did; not saved. */
  readonly run: HmcRun;

  /** Use `hmc`. */
  constructor(fields: EnsembleFields, run: HmcRun) {
    super(fields);
    this.run = run;
  }
}

/** What {@link hmc} makes. */
export interface Hmc {
  /**
   * Draws from the posterior given all examples, starting from the model's weights as they are, which it does not change; the
   * model must live as long as the posterior. Warns where trajectories diverged.
   *
   * @throws ShapeError or DataError for targets that do not fit the outputs; DataError if the likelihood or its gradient at the
   * start is not finite.
   */
  fit(x: Inputs, y: tf.Tensor): Promise<HmcPosterior>;
}

/**
 * Hamiltonian Monte Carlo over all trainable weights of a small net, with the gradient over all examples in every step (Neal,
 * 1996; Izmailov et al., 2021): the reference that approximations are held against, exact but for the length of the chain.
 *
 *     U(w) = sum_n -log p(y_n | x_n, w) + priorPrecision/2 |w|^2,   dw/dt = p,   dp/dt = -grad U(w),   p ~ N(0, I)
 *
 * Leapfrog steps and a Metropolis test; the step's length adapts to `targetAcceptance` by dual averaging (Hoffman and Gelman,
 * 2014) in the burn-in and then stays. One trajectory of length tau costs `tau / stepSize` passes over the data, hundreds to
 * thousands for nets. One chain: run several with different `rng` and models trained apart, and join them with `mixture`, since
 * none crosses between distant modes. Dropout is off, BatchNormalization keeps its statistics.
 *
 * @param model a tfjs LayersModel; where it is trained already, the burn-in is short.
 * @param options what the outputs mean (a Gaussian likelihood needs its `noiseScale`), and whatever departs from the defaults.
 * @throws ConfigError for options out of range, or a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {hmc} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
 * const [x, y] = [tf.tensor2d([[-1], [0], [1]]), tf.tensor2d([[-2], [0.1], [1.9]])];
 * const posterior = await hmc(model, {likelihood: 'gaussian', noiseScale: 0.5, samples: 20, burnIn: 20}).fit(x, y);
 * console.log(posterior.size, posterior.run.divergences); // 20 0
 * const predictive = await posterior.predict(tf.tensor2d([[2]]));
 * console.log(predictive.kind); // mixture
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function hmc(model: LayersModel, options: HmcOptions = {}): Hmc {
  const settings = hmcSettings(options);
  const host = createHost(model, 'hmc', options.output);
  const likelihood = likelihoodWithNoise(options, host.net.head, 'hmc');
  return {
    async fit(x, y) {
      const inputs = toModelInputs(host.net.model, x, 'hmc.fit');
      const targets = await targetsFor(host, likelihood, {x: inputs, y}, 'hmc.fit');
      const energy = weightEnergy({net: host.net, likelihood, x: inputs, y: targets, ...settings});
      const rng = (options.rng ?? createRng('hmc')).fork('hmc');
      try {
        const time = settings.trajectory;
        return await sample({host, likelihood, options, settings, dynamics: {...settings, energy, time, rng}, rng});
      } finally {
        if (targets !== y) targets.dispose();
      }
    },
  };
}

interface Chain {
  readonly host: Host;
  readonly likelihood: Likelihood;
  readonly options: HmcOptions;
  readonly settings: HmcSettings;
  readonly dynamics: HmcDynamics;
  readonly rng: Rng;
}

async function sample({host, likelihood, options, settings, dynamics}: Chain): Promise<HmcPosterior> {
  const {burnIn, samples, every, targetAcceptance} = settings;
  const members: tf.Tensor[][] = [];
  const total = {acceptance: 0, steps: 0, divergences: 0};
  let point = await startOf(host, dynamics);
  let step = options.stepSize ?? (await findStepSize(point, 0.1, dynamics));
  let adapting = startDualAveraging(step);
  const transitions = burnIn + samples * every;
  try {
    for (let transition = 1; transition <= transitions; transition++) {
      const burningIn = transition <= burnIn;
      const stepSize = step;
      const {acceptance, diverged, steps, ...next} = await hmcTransition(point, step, dynamics);
      point = next.point;
      total.steps += steps;
      if (burningIn) {
        adapting = dualAveraging(adapting, acceptance, targetAcceptance);
        step = Math.exp(transition === burnIn ? adapting.logAverage : adapting.logStep);
      } else {
        total.acceptance += acceptance / (samples * every);
        total.divergences += diverged ? 1 : 0;
        if ((transition - burnIn) % every === 0) members.push(memberOf(host, point));
      }
      const {divergences} = total;
      options.onProgress?.({transition, transitions, burningIn, acceptance, stepSize, steps, divergences});
    }
  } catch (error) {
    tf.dispose(members);
    throw error;
  } finally {
    disposePoint(point);
  }
  if (total.divergences > 0) {
    warn(
      `hmc.fit: ${total.divergences} of ${samples * every} trajectories diverged, so that the draws miss a part of the ` +
        'posterior. Raise targetAcceptance towards 1, or priorPrecision.',
    );
  }
  return new HmcPosterior({host, likelihood, members, output: options.output}, {...total, stepSize: step});
}

async function startOf({net}: Host, {energy}: HmcDynamics): Promise<WeightPoint> {
  const point = energy(snapshot(net.weights));
  const values = await Promise.all([...point.terms, ...point.gradient].map((tensor) => tensor.data()));
  if (values.every((array) => array.every(Number.isFinite))) return point;
  disposePoint(point);
  throw new DataError(
    'hmc.fit: expected a finite likelihood and gradient at the weights that the model has, got others. ' +
      'Look for NaN in the data, or begin with other weights.',
  );
}

/** Every weight of the model: those of the chain, and the others as they are. */
function memberOf({net, variables}: Host, {position}: WeightPoint): tf.Tensor[] {
  return variables.map((variable) => {
    const index = net.weights.indexOf(variable);
    return tf.keep(tf.clone(index < 0 ? variable.read() : (position[index] as tf.Tensor)));
  });
}
