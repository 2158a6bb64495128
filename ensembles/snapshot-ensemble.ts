import type {LayersModel} from '@tensorflow/tfjs-layers';
import {checkCount, checkPositive} from './checks.ts';
import {setLearningRate} from './collector.ts';
import {cosineCycle} from './cyclical.ts';
import type {LikelihoodOptions} from './likelihood.ts';
import {MemberCollector} from './member-collector.ts';

/** Options of {@link snapshotEnsemble}. */
export interface SnapshotEnsembleOptions extends LikelihoodOptions {
  /** Epochs in a cycle of the learning rate; one member comes of each. */
  readonly cycleEpochs: number;
  /** Learning rate at the start of each cycle. */
  readonly learningRate: number;
  /** Keep only so many of the last members. Default: all. */
  readonly last?: number;
}

/** Sets the learning rate before each step, and keeps the weights at the end of each cycle. */
class SnapshotCollector extends MemberCollector {
  readonly #model: LayersModel;
  readonly #cycleEpochs: number;
  readonly #learningRate: number;

  constructor(model: LayersModel, {cycleEpochs, learningRate, ...others}: SnapshotEnsembleOptions) {
    super(model, {...others, every: checkCount(cycleEpochs, 'cycleEpochs', 1, 'snapshotEnsemble')}, 'snapshotEnsemble');
    this.#model = model;
    this.#cycleEpochs = cycleEpochs;
    this.#learningRate = checkPositive(learningRate, 'learningRate', 'snapshotEnsemble');
  }

  protected override get settings(): Readonly<Record<string, number | string>> {
    return {...super.settings, learningRate: this.#learningRate};
  }

  override async onBatchBegin(batch: number): Promise<void> {
    const {steps, samples, batchSize} = this.params as {steps?: number; samples?: number; batchSize?: number};
    const perEpoch = steps ?? Math.ceil((samples ?? 1) / (batchSize ?? 32));
    const step = this.units * perEpoch + batch;
    setLearningRate(this.#model.optimizer, this.#learningRate * cosineCycle(step, this.#cycleEpochs * perEpoch));
  }
}

/**
 * A callback that lets the learning rate of the model's optimizer fall in cosine cycles and keeps the weights at the end of
 * each as a member of an ensemble (Huang et al., 2017): `rate(t) = learningRate / 2 (cos(pi mod(t, C) / C) + 1)` at step t, with
 * C the steps of a cycle.
 *
 * @param model the compiled model that will be fitted; its optimizer must have a learning rate (sgd, momentum, adam ...).
 * @param options the cycle, and what the outputs mean.
 * @throws ConfigError for options out of range, or a linear head without a likelihood.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {snapshotEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 * model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
 * const collector = snapshotEnsemble(model, {cycleEpochs: 2, learningRate: 0.1});
 * const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2);
 * await model.fit(tf.randomNormal([8, 3]), y, {epochs: 6, callbacks: [collector]});
 * const posterior = collector.posterior();
 * collector.dispose();
 * console.log(posterior.size); // 3
 * posterior.dispose();
 * ```
 */
export function snapshotEnsemble(model: LayersModel, options: SnapshotEnsembleOptions): MemberCollector {
  return new SnapshotCollector(model, options);
}
