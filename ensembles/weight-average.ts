import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import {assignWeights, type Inputs} from '../src/models/index.ts';
import type {TrainingState} from '../src/training/index.ts';
import {checkRefresh, refreshStatistics} from './batch-norm.ts';
import {type CollectionTimes, Collector} from './collector.ts';
import {createHost, type Host} from './host.ts';
import {packMembers, unpackMembers} from './saved.ts';

/** Options of {@link ema}. */
export interface EmaOptions extends CollectionTimes {
  /** How much of the average stays at each step, from 0 to below 1. Default 0.999: about the last thousand steps. */
  readonly decay?: number;
}

/** The callback that {@link swa} and {@link ema} make. */
export class WeightAverage extends Collector {
  readonly #host: Host;
  readonly #decay: number | undefined;
  #average: tf.Tensor[] | undefined;
  #mass = 0;

  /** Use `swa` or `ema`. Without `decay` all weight vectors count the same. */
  constructor(model: LayersModel, times: CollectionTimes, caller: string, decay?: number) {
    super(times, caller);
    this.#host = createHost(model, caller);
    this.#decay = decay;
  }

  /** Takes up the weights as they are now; called by `fit` at the times that were asked for. */
  collect(): void {
    this.#mass = this.#decay === undefined ? this.#mass + 1 : this.#decay * this.#mass + 1;
    const previous = this.#average ?? [];
    // A running mean with the newest vector's share: the same as sums divided by their mass, and without their rounding.
    this.#average = this.#host.variables.map((variable, i) =>
      tf.keep(
        tf.tidy(() => {
          const [value, before] = [variable.read(), previous[i]];
          return before ? tf.add(before, tf.div(tf.sub(value, before), this.#mass)) : tf.clone(value);
        }),
      ),
    );
    tf.dispose(previous);
  }

  /** The averaged weights, in the order of the model's layers, owned by the callback. Throws `ConfigError` before the first. */
  get average(): readonly tf.Tensor[] {
    if (this.#average) return this.#average;
    throw new ConfigError(
      'WeightAverage: expected at least 1 weight vector, got 0. Pass the callback to fit({callbacks: [average]}) and train.',
    );
  }

  /**
   * Gives the model the averaged weights, for good; training may go on from them.
   *
   * @param options as follows.
   * @param options.inputs training inputs that the statistics of BatchNormalization layers are computed from. Needed after `swa`
   *   where the model has such layers; without them, `ema` averages the statistics like any other weight.
   * @throws ConfigError before the first weight vector, or if `inputs` are missing.
   */
  apply({inputs}: {readonly inputs?: Inputs} = {}): void {
    if (this.#decay === undefined) checkRefresh(this.#host, inputs, 'swa.apply');
    tf.tidy(() => assignWeights(this.#host.variables, refreshStatistics(this.#host, this.average, inputs)));
  }

  protected override get settings(): Readonly<Record<string, number>> {
    return this.#decay === undefined ? {} : {decay: this.#decay};
  }

  protected override async collected(): Promise<TrainingState> {
    return {config: {mass: this.#mass}, arrays: await packMembers(this.#average ? [this.#average] : [])};
  }

  protected override restore({config, arrays}: TrainingState): void {
    this.dispose();
    this.#mass = Number(config.mass);
    this.#average = this.#mass > 0 ? unpackMembers(this.#host, 1, arrays)[0] : undefined;
  }

  /** Disposes the average; a new one can be begun. */
  dispose(): void {
    tf.dispose(this.#average ?? []);
    this.#average = undefined;
    this.#mass = 0;
  }
}

/**
 * A callback that averages the weights along training: stochastic weight averaging (Izmailov et al., 2018).
 *
 *     average_n = average_{n-1} + (w_n - average_{n-1}) / n
 *
 * Train with a learning rate that stays high while it averages. It gives one net, not a posterior: see `swag` for that.
 *
 * @param model the model that will be fitted.
 * @param times when to take up the weights. Default: after each epoch.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {swa} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
 * model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
 * const averaging = swa(model, {start: 1});
 * await model.fit(tf.randomNormal([8, 3]), tf.randomNormal([8, 1]), {epochs: 4, callbacks: [averaging]});
 * averaging.apply();
 * averaging.dispose();
 * ```
 */
export function swa(model: LayersModel, times: CollectionTimes = {}): WeightAverage {
  return new WeightAverage(model, times, 'swa');
}

/**
 * A callback that keeps an exponential moving average of the weights (Polyak and Juditsky, 1992; debiased as in Adam):
 *
 *     average_n = sum_i decay^(n-i) w_i / sum_i decay^(n-i)
 *
 * @param model the model that will be fitted.
 * @param options `decay`, and when to take up the weights. Default: after each batch.
 * @throws ConfigError if `decay` lies outside [0, 1).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {ema} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3]})]});
 * model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
 * const averaging = ema(model, {decay: 0.9});
 * await model.fit(tf.randomNormal([8, 3]), tf.randomNormal([8, 1]), {epochs: 4, callbacks: [averaging]});
 * averaging.apply();
 * averaging.dispose();
 * ```
 */
export function ema(model: LayersModel, {decay = 0.999, ...times}: EmaOptions = {}): WeightAverage {
  if (!(decay >= 0 && decay < 1)) {
    throw new ConfigError(`ema: expected decay from 0 to below 1, got ${decay}. Leave it out for 0.999.`);
  }
  return new WeightAverage(model, {unit: 'batch', ...times}, 'ema', decay);
}
