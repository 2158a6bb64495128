import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {TrainingState} from '../src/training/index.ts';
import {checkCount} from './checks.ts';
import {type CollectionTimes, Collector} from './collector.ts';
import {EnsemblePosterior} from './ensemble-posterior.ts';
import {createHost, type Host, snapshot} from './host.ts';
import {type LikelihoodOptions, likelihoodWithNoise} from './likelihood.ts';
import {packMembers, unpackMembers} from './saved.ts';

/** Options of {@link checkpointEnsemble}. */
export interface CheckpointEnsembleOptions extends LikelihoodOptions, CollectionTimes {
  /** Keep only so many of the last weight vectors. Default: all. */
  readonly last?: number;
}

/** A callback that keeps whole weight vectors; made by {@link checkpointEnsemble} and `snapshotEnsemble`. */
export class MemberCollector extends Collector {
  readonly #host: Host;
  readonly #likelihood: Likelihood;
  readonly #last: number;
  readonly #output: string | undefined;
  #members: tf.Tensor[][] = [];

  /** Use `checkpointEnsemble` or `snapshotEnsemble`. */
  constructor(model: LayersModel, options: CheckpointEnsembleOptions, caller: string) {
    super(options, caller);
    this.#host = createHost(model, caller, options.output);
    this.#likelihood = likelihoodWithNoise(options, this.#host.net.head, caller);
    this.#last = options.last === undefined ? Number.POSITIVE_INFINITY : checkCount(options.last, 'last', 1, caller);
    this.#output = options.output;
  }

  /** Weight vectors kept. */
  get count(): number {
    return this.#members.length;
  }

  /** Takes up the weights as they are now; called by `fit` at the times that were asked for. */
  collect(): void {
    this.#members.push(snapshot(this.#host.variables));
    if (this.#members.length > this.#last) tf.dispose(this.#members.shift() as tf.Tensor[]);
  }

  /**
   * The posterior with equal mass on each weight vector kept; training may go on, and the model must live as long as it.
   *
   * @throws ConfigError if there is no weight vector yet.
   */
  posterior(): EnsemblePosterior {
    if (this.#members.length === 0) {
      throw new ConfigError(
        'MemberCollector.posterior: expected at least 1 weight vector, got 0. Pass the collector to ' +
          'fit({callbacks: [collector]}), and train until the first time to collect.',
      );
    }
    return new EnsemblePosterior({
      host: this.#host,
      likelihood: this.#likelihood,
      members: this.#members.map((weights) => weights.map((weight) => tf.keep(tf.clone(weight)))),
      output: this.#output,
    });
  }

  protected override get settings(): Readonly<Record<string, number | string>> {
    return {last: String(this.#last)};
  }

  protected override async collected(): Promise<TrainingState> {
    return {config: {members: this.count}, arrays: await packMembers(this.#members)};
  }

  protected override restore({config, arrays}: TrainingState): void {
    this.dispose();
    this.#members = unpackMembers(this.#host, Number(config.members), arrays);
  }

  /** Disposes the weight vectors; posteriors that were made keep theirs. */
  dispose(): void {
    tf.dispose(this.#members);
    this.#members = [];
  }
}

/**
 * A callback that keeps the weights of several moments of one training run as the members of an ensemble (Chen, Lundberg
 * and Lee, 2017): also what collects the draws of `sgld` and `sghmc`.
 *
 * @param model the model that will be fitted.
 * @param options when to keep the weights (after each epoch by default), how many, and what the outputs mean.
 * @throws ConfigError for options out of range, or a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {checkpointEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * const collector = checkpointEnsemble(model, {start: 2});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 5, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 3
 * posterior.dispose();
 * ```
 */
export function checkpointEnsemble(model: LayersModel, options: CheckpointEnsembleOptions = {}): MemberCollector {
  return new MemberCollector(model, options, 'checkpointEnsemble');
}
