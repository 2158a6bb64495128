import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {assignWeights, type Inputs} from '../../src/models/index.ts';
import {checkRefresh, refreshStatistics} from '../batch-norm.ts';
import {createHost, type Host, snapshot} from '../host.ts';
import {type CheckpointEnsembleOptions, MemberCollector} from '../member-collector.ts';
import type {EntropyOptimizer} from './entropy-optimizer.ts';

/** Options of {@link entropyEnsemble}. */
export interface EntropyEnsembleOptions extends CheckpointEnsembleOptions {
  /**
   * Training inputs, some hundred to some thousand, that the statistics of BatchNormalization layers are computed from for
   * each anchor. Needed where the model has such layers; the caller's to dispose after training.
   */
  readonly inputs?: Inputs;
}

/** A callback that keeps weights and anchors; made by {@link entropyEnsemble}. */
export class EntropyCollector extends MemberCollector {
  readonly #host: Host;
  readonly #optimizer: EntropyOptimizer;
  readonly #inputs: Inputs | undefined;

  /** Use `entropyEnsemble`. */
  constructor(model: LayersModel, optimizer: EntropyOptimizer, options: EntropyEnsembleOptions) {
    super(model, options, 'entropyEnsemble');
    this.#host = createHost(model, 'entropyEnsemble', options.output);
    this.#optimizer = optimizer;
    this.#inputs = options.inputs;
    checkRefresh(this.#host, options.inputs, 'entropyEnsemble');
  }

  /** Takes up the weights as they are now, then the anchors. */
  override collect(): void {
    super.collect();
    const {variables} = this.#host;
    const own = snapshot(variables);
    const anchors = variables.map((variable) => this.#optimizer.anchor(variable) ?? variable.read());
    const fresh = refreshStatistics(this.#host, anchors, this.#inputs);
    try {
      assignWeights(variables, fresh);
      super.collect();
    } finally {
      assignWeights(variables, own);
      tf.dispose([...own, ...fresh.filter((tensor) => !anchors.includes(tensor))]);
    }
  }
}

/**
 * A callback that keeps both chains of `entropyMcmc`: two members each time, the weights and their anchors.
 *
 * @param model the model that will be fitted.
 * @param optimizer what it was compiled with.
 * @param options when to keep them (after each epoch by default), how many, and what the outputs mean.
 * @throws ConfigError for options out of range, a linear head without a likelihood, or BatchNormalization without `inputs`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {entropyEnsemble, entropyMcmc} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [3], activation: 'sigmoid'})]});
 * const optimizer = entropyMcmc(0.01, {trainSize: 8, anchorVariance: 0.01});
 * model.compile({optimizer, loss: 'binaryCrossentropy'});
 * const collector = entropyEnsemble(model, optimizer, {start: 10, every: 5});
 * await model.fit(tf.randomNormal([8, 3]), tf.ones([8, 1]), {epochs: 20, callbacks: [collector]});
 * console.log(collector.count); // 4
 * collector.dispose();
 * ```
 */
export function entropyEnsemble(
  model: LayersModel,
  optimizer: EntropyOptimizer,
  options: EntropyEnsembleOptions = {},
): EntropyCollector {
  return new EntropyCollector(model, optimizer, options);
}
