import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DataError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {assignWeights, batchesOf, countInputs, type Inputs} from '../src/models/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {requireCount, requireExamples, requireKnown} from './arguments.ts';
import {Laplace} from './laplace-posterior.ts';
import type {LaplaceOptions, PriorShape} from './options.ts';
import {resolveSettings, type Settings} from './settings.ts';

/** Options of `marginalLikelihoodTraining`; the names of `LayersModel.fit` mean the same. */
export interface MarginalLikelihoodTrainingOptions
  extends Pick<LaplaceOptions, 'likelihood' | 'structure' | 'curvature' | 'temperature' | 'output'> {
  /** Passes over the data. Default 100. */
  readonly epochs?: number;
  /** Examples in a step. Default 32. */
  readonly batchSize?: number;
  /** Default Adam with a learning rate of 0.001. */
  readonly optimizer?: tf.Optimizer;
  /** Epochs before the prior is first changed. Default 10. */
  readonly burnIn?: number;
  /** Epochs between changes of the prior. Default 5. */
  readonly every?: number;
  /** Prior precision to start from. Default 1. */
  readonly priorPrecision?: number;
  /** How many prior precisions are told apart. Default `'layer'`. */
  readonly prior?: Exclude<PriorShape, 'weight'>;
  /** Whether the noise scale is learned, too. Default true for Gaussian likelihoods. */
  readonly noise?: boolean;
  /** Orders the examples. Default: a fixed seed. */
  readonly rng?: Rng;
  /** Functions called during training. Default none. */
  readonly callbacks?: {
    /** Called after each change of the prior; training waits for it. */
    readonly onTune?: (step: MarginalLikelihoodStep) => void | Promise<void>;
  };
}

const CALLER = 'marginalLikelihoodTraining';

const KNOWN_OPTIONS: Readonly<Record<keyof MarginalLikelihoodTrainingOptions, true>> = {
  likelihood: true,
  structure: true,
  curvature: true,
  temperature: true,
  output: true,
  epochs: true,
  batchSize: true,
  optimizer: true,
  burnIn: true,
  every: true,
  priorPrecision: true,
  prior: true,
  noise: true,
  rng: true,
  callbacks: true,
};

/** One change of the prior during `marginalLikelihoodTraining`. */
export interface MarginalLikelihoodStep {
  /** Number of epochs done. */
  readonly epoch: number;
  /** Mean over the last epoch of the loss: the negative log posterior density of the weights over the number of examples. */
  readonly loss: number;
  /** In nats, with the new prior. */
  readonly logMarginalLikelihood: number;
  /** The new prior precisions, one for each weight tensor, or one. */
  readonly priorPrecision: number | readonly number[];
  /** The new noise scale; undefined for likelihoods without noise. */
  readonly noiseScale: number | undefined;
}

/**
 * Trains a model and its prior together, without validation data (Immer et al. 2021, "Scalable marginal likelihood
 * estimation for model selection in deep learning"): every few epochs a Laplace approximation sets the prior precisions (and
 * the noise) to what maximizes the marginal likelihood; between them the weights descend
 *
 *     mean(-log p(y | f) / temperature) + sum(priorPrecision w^2) / (2 N)
 *
 * in inference mode (batch statistics frozen, no dropout). At the end the model has the weights of the highest marginal
 * likelihood seen, and the returned posterior is fitted to them; `history` holds every step. The model is changed in place.
 *
 * @throws ConfigError for options it cannot use.
 * @throws DataError if the loss is no longer finite.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {marginalLikelihoodTraining} from 'tfjs-bayes/laplace';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]});
 * const x = tf.reshape(tf.linspace(-1, 1, 20), [20, 1]);
 * const y = tf.add(tf.mul(x, 2), tf.randomNormal([20, 1], 0, 0.1, 'float32', 1));
 * const optimizer = tf.train.adam(0.1);
 * const {posterior} = await marginalLikelihoodTraining(model, x, y, {likelihood: 'gaussian', optimizer, epochs: 30});
 * console.log(posterior.noiseScale, posterior.priorPrecision); // about 0.1, and one precision for each weight tensor
 * posterior.dispose();
 * ```
 */
export async function marginalLikelihoodTraining(
  model: LayersModel,
  x: Inputs,
  y: tf.Tensor,
  options: MarginalLikelihoodTrainingOptions = {},
): Promise<{
  /** The posterior around the best weights; the caller disposes it. */
  posterior: Laplace;
  /** Every change of the prior, in order. */
  history: MarginalLikelihoodStep[];
}> {
  requireKnown(options, KNOWN_OPTIONS, CALLER);
  const {epochs = 100, batchSize = 32, burnIn = 10, every = 5, prior = 'layer', callbacks} = options;
  for (const [name, value] of Object.entries({epochs, batchSize, every})) requireCount(value, name, CALLER);
  const {likelihood, structure, curvature, temperature, output} = options;
  const chosen: LaplaceOptions = {
    weights: 'all',
    ...(likelihood !== undefined && {likelihood}),
    ...(structure !== undefined && {structure}),
    ...(curvature !== undefined && {curvature}),
    ...(temperature !== undefined && {temperature}),
    ...(output !== undefined && {output}),
  };
  const posterior = new Laplace(model, {...chosen, priorPrecision: options.priorPrecision ?? 1});
  const settings = resolveSettings(model, chosen);
  requireExamples(settings.net, x, CALLER);
  const noise = options.noise ?? posterior.likelihood.squaredResiduals !== undefined;
  const trainer = await MapTrainer.create(settings, x, y, options);
  const history: MarginalLikelihoodStep[] = [];
  let best: {evidence: number; weights: tf.Tensor[]; step: MarginalLikelihoodStep} | undefined;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const loss = await trainer.epoch(posterior.likelihood, posterior.priorPrecision);
      const due = epoch > burnIn && (epoch - burnIn) % every === 0;
      if (!due && epoch < epochs) continue;
      await posterior.fit(x, y);
      const step = {epoch, loss, ...(await posterior.tune({prior, noise}))};
      history.push(step);
      if (!best || step.logMarginalLikelihood > best.evidence) {
        tf.dispose(best?.weights ?? []);
        best = {evidence: step.logMarginalLikelihood, weights: trainer.copyWeights(), step};
      }
      await callbacks?.onTune?.(step);
    }
    if (best) {
      assignWeights(settings.net.weights, best.weights);
      await posterior.fit(x, y);
      posterior.assume(best.step);
    }
    return {posterior, history};
  } catch (error) {
    posterior.dispose();
    throw error;
  } finally {
    tf.dispose(best?.weights ?? []);
    trainer.dispose();
  }
}

/** Descends the negative log posterior density of the weights. */
class MapTrainer {
  readonly #settings: Settings;
  readonly #x: Inputs;
  readonly #y: tf.Tensor;
  readonly #optimizer: tf.Optimizer;
  readonly #ownsOptimizer: boolean;
  readonly #batchSize: number;
  readonly #rng: Rng;

  static async create(
    settings: Settings,
    x: Inputs,
    y: tf.Tensor,
    options: MarginalLikelihoodTrainingOptions,
  ): Promise<MapTrainer> {
    const shape = tf.tidy(() => settings.net.outputs(x).shape);
    const targets = await settings.likelihood.prepareTargets(y, shape, CALLER);
    return new MapTrainer(settings, x, targets, options);
  }

  constructor(
    settings: Settings,
    x: Inputs,
    y: tf.Tensor,
    {optimizer, batchSize = 32, rng = createRng('marginal-likelihood-training')}: MarginalLikelihoodTrainingOptions,
  ) {
    this.#settings = settings;
    this.#x = x;
    this.#y = y;
    this.#optimizer = optimizer ?? tf.train.adam(0.001);
    this.#ownsOptimizer = optimizer === undefined;
    this.#batchSize = batchSize;
    this.#rng = rng;
  }

  /** One pass over the data in random order; the mean loss of its steps. */
  async epoch(likelihood: Likelihood, prior: number | readonly number[]): Promise<number> {
    const {net, temperature} = this.#settings;
    const examples = countInputs(this.#x);
    const order = Int32Array.from(this.#rng.permutation(examples));
    const variables = net.weights.map((weight) => weight.read() as tf.Variable);
    let total: tf.Scalar = tf.scalar(0);
    for (const {start, size} of batchesOf(examples, this.#batchSize)) {
      const before = total;
      total = tf.tidy(() => {
        const rows = tf.tensor1d(order.subarray(start, start + size), 'int32');
        const [x, y] = [gatherInputs(this.#x, rows), tf.gather(this.#y, rows)];
        const loss = this.#optimizer.minimize(
          () => {
            const fit = tf.div(tf.sum(likelihood.negLogProb(net.outputs(x), y)), size * temperature);
            return tf.add(fit, tf.div(penalty(variables, prior), 2 * examples)) as tf.Scalar;
          },
          true,
          variables,
        ) as tf.Scalar;
        return tf.add(before, tf.mul(loss, size / examples)) as tf.Scalar;
      });
      before.dispose();
    }
    const [loss] = await total.data();
    total.dispose();
    if (Number.isFinite(loss)) return loss as number;
    throw new DataError(
      `${CALLER}: expected a finite loss, got ${loss}. Lower the learning rate and look for NaN in x and y.`,
    );
  }

  copyWeights(): tf.Tensor[] {
    return this.#settings.net.weights.map((weight) => tf.clone(weight.read()));
  }

  dispose(): void {
    this.#y.dispose();
    if (this.#ownsOptimizer) this.#optimizer.dispose();
  }
}

function penalty(variables: readonly tf.Variable[], prior: number | readonly number[]): tf.Tensor {
  const terms = variables.map((w, i) => {
    return tf.mul(tf.sum(tf.square(w)), typeof prior === 'number' ? prior : (prior[i] as number));
  });
  return tf.addN(terms);
}

function gatherInputs(x: Inputs, rows: tf.Tensor1D): Inputs {
  if (x instanceof tf.Tensor) return tf.gather(x, rows);
  if (Array.isArray(x)) return x.map((tensor) => tf.gather(tensor, rows));
  return Object.fromEntries(Object.entries(x).map(([name, tensor]) => [name, tf.gather(tensor, rows)]));
}
