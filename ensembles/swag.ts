import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Likelihood} from '../src/likelihoods/index.ts';
import {type Inputs, readWeights, toModelInputs} from '../src/models/index.ts';
import type {TrainingState} from '../src/training/index.ts';
import {checkRefresh} from './batch-norm.ts';
import {checkCount, checkPositive} from './checks.ts';
import {type CollectionTimes, Collector} from './collector.ts';
import {createHost, type Host, snapshot} from './host.ts';
import {type LikelihoodOptions, likelihoodWithNoise} from './likelihood.ts';
import {addVector, checkMoments, emptyMoments, type SwagMoments} from './swag-moments.ts';
import {SwagPosterior} from './swag-posterior.ts';
import {packMoments, unpackMoments} from './swag-saved.ts';

/** Options of {@link swag}. */
export interface SwagOptions extends LikelihoodOptions, CollectionTimes {
  /** Deviations kept, K: the rank of the covariance beside its diagonal. 0 keeps the diagonal alone. Default 20. */
  readonly rank?: number;
  /** Multiplies the covariance. Default 1, the paper's. */
  readonly scale?: number;
}

/** The callback that {@link swag} makes. */
export class SwagCollector extends Collector {
  readonly #host: Host;
  readonly #likelihood: Likelihood;
  readonly #rank: number;
  readonly #scale: number;
  readonly #output: string | undefined;
  #moments: SwagMoments;

  /** Use `swag`. */
  constructor(model: LayersModel, options: SwagOptions) {
    super(options, 'swag');
    this.#host = createHost(model, 'swag', options.output);
    this.#likelihood = likelihoodWithNoise(options, this.#host.net.head, 'swag');
    this.#rank = checkCount(options.rank ?? 20, 'rank', 0, 'swag');
    this.#scale = checkPositive(options.scale ?? 1, 'scale', 'swag');
    this.#output = options.output;
    const size = this.#host.net.weights.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape as number[]), 0);
    this.#moments = emptyMoments(size);
  }

  /** Weight vectors seen. */
  get count(): number {
    return this.#moments.count;
  }

  /** Takes up the weights as they are now; called by `fit` at the times that were asked for. */
  async collect(): Promise<void> {
    this.#moments = addVector(this.#moments, await readWeights(this.#host.net.weights), this.#rank);
  }

  /**
   * The posterior so far; training may go on, and the model must live as long as the posterior.
   *
   * @param options as follows.
   * @param options.inputs training inputs, some hundred to some thousand, that the statistics of BatchNormalization layers are
   *   computed from for each draw; kept and saved with the posterior. Needed where the model has such layers.
   * @throws ConfigError after fewer than two weight vectors, or if `inputs` are missing.
   */
  posterior({inputs}: {readonly inputs?: Inputs} = {}): SwagPosterior {
    checkMoments(this.#moments, 'swag.posterior');
    checkRefresh(this.#host, inputs, 'swag.posterior');
    const {net, variables} = this.#host;
    const kept = inputs === undefined ? undefined : toModelInputs(net.model, inputs, 'swag.posterior');
    return new SwagPosterior({
      host: this.#host,
      likelihood: this.#likelihood,
      runs: [this.#moments],
      scale: this.#scale,
      rest: snapshot(variables),
      inputs: kept?.map((tensor) => tf.keep(tf.clone(tensor))),
      output: this.#output,
    });
  }

  protected override get settings(): Readonly<Record<string, number>> {
    return {maximalRank: this.#rank};
  }

  protected override async collected(): Promise<TrainingState> {
    const {count, deviations} = this.#moments;
    return {config: {count, rank: deviations.length}, arrays: packMoments(this.#moments)};
  }

  protected override restore({config, arrays}: TrainingState): void {
    this.#moments = unpackMoments({count: Number(config.count), rank: Number(config.rank)}, arrays);
  }

  /** Forgets what was collected; there are no tensors to dispose. */
  dispose(): void {
    this.#moments = emptyMoments(this.#moments.mean.length);
  }
}

/**
 * A callback that fits a Gaussian to the weights along training: SWA-Gaussian (Maddox et al., 2019).
 *
 *     w ~ N(mean, scale/2 (diag(variance) + D D^T / (K - 1)))
 *
 * with `mean` and `variance` of the weight vectors seen and D the last K of their deviations from the running mean. Train
 * with a learning rate that stays high while it collects, from when the net is nearly trained on (`start`).
 *
 * @param model the model that will be fitted.
 * @param options when to collect (each epoch by default), how much to keep, and what the outputs mean.
 * @throws ConfigError for options out of range, or a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {swag} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
 * const collector = swag(model, {start: 2});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 6, callbacks: [collector]});
 * const posterior = collector.posterior();
 * const predictive = await posterior.predict(tf.ones([4, 3]), {samples: 20});
 * console.log(collector.count, predictive.kind); // 4 'categorical'
 * predictive.dispose();
 * posterior.dispose();
 * ```
 */
export function swag(model: LayersModel, options: SwagOptions = {}): SwagCollector {
  return new SwagCollector(model, options);
}
