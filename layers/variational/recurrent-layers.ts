import type * as tfl from '@tensorflow/tfjs-layers';
import {CELLS} from './cells.ts';
import type {VariationalCell, VariationalHost, VariationalRnn} from './layer.ts';
import type {VariationalOptions} from './options.ts';
import {RECURRENT} from './recurrent.ts';
import {WRAPPERS} from './wrappers.ts';

type Create<T> = new (config: object) => T;

function createRnn(stock: string, config: object): VariationalRnn {
  return new (RECURRENT.get(stock) as Create<VariationalRnn>)(config);
}

function createWrapper(stock: string, config: object): VariationalHost {
  return new (WRAPPERS.get(stock) as Create<VariationalHost>)(config);
}

function createCell(stock: string, config: object): VariationalCell {
  return new (CELLS.get(stock) as Create<VariationalCell>)(config);
}

/**
 * A SimpleRNN whose kernels have a posterior.
 *
 * A drop-in for `tf.layers.simpleRNN`, otherwise as {@link bayesDense}. Each sequence sees one draw of the weights in all of its steps.
 * Under Flipout every example turns the signs of the common draw for the whole sequence; with dropout only `'reparameterization'`
 * is defined. Local reparameterization is refused: noise that is new at every step is another law.
 *
 * @throws ConfigError as `bayesDense` does, and for an estimator that is not defined here.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesSimpleRnn} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesSimpleRnn({units: 4, inputShape: [5, 3], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesSimpleRnn(
  config: Parameters<typeof tfl.layers.simpleRNN>[0] & VariationalOptions,
): VariationalRnn {
  return createRnn('SimpleRNN', config);
}

/**
 * An LSTM whose kernels have a posterior.
 *
 * A drop-in for `tf.layers.lstm`, otherwise as {@link bayesDense}. Each sequence sees one draw of the weights in all of its steps.
 * Under Flipout every example turns the signs of the common draw for the whole sequence; with dropout only `'reparameterization'`
 * is defined. Local reparameterization is refused: noise that is new at every step is another law.
 *
 * @throws ConfigError as `bayesDense` does, and for an estimator that is not defined here.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesLstm} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesLstm({units: 4, inputShape: [5, 3], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesLstm(config: Parameters<typeof tfl.layers.lstm>[0] & VariationalOptions): VariationalRnn {
  return createRnn('LSTM', config);
}

/**
 * A GRU whose kernels have a posterior.
 *
 * A drop-in for `tf.layers.gru`, otherwise as {@link bayesDense}. Each sequence sees one draw of the weights in all of its steps.
 * Under Flipout every example turns the signs of the common draw for the whole sequence; with dropout only `'reparameterization'`
 * is defined. Local reparameterization is refused: noise that is new at every step is another law.
 *
 * @throws ConfigError as `bayesDense` does, and for an estimator that is not defined here.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesGru} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesGru({units: 4, inputShape: [5, 3], trainSize: 1000})]});
 * console.log(model.outputs[0]?.shape);
 * ```
 */
export function bayesGru(config: Parameters<typeof tfl.layers.gru>[0] & VariationalOptions): VariationalRnn {
  return createRnn('GRU', config);
}

/**
 * The cell of {@link bayesSimpleRnn}, for {@link bayesRnn}.
 *
 * Inside `tf.layers.rnn`, which knows no draws for a sequence, it throws a `ConfigError` when it is trained.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesSimpleRnnCell, bayesRnn} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const cell = bayesSimpleRnnCell({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesRnn({cell, inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 4]
 * ```
 */
export function bayesSimpleRnnCell(
  config: Parameters<typeof tfl.layers.simpleRNNCell>[0] & VariationalOptions,
): VariationalCell {
  return createCell('SimpleRNNCell', config);
}

/**
 * The cell of {@link bayesLstm}, for {@link bayesRnn}.
 *
 * Inside `tf.layers.rnn`, which knows no draws for a sequence, it throws a `ConfigError` when it is trained.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesLstmCell, bayesRnn} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const cell = bayesLstmCell({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesRnn({cell, inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 4]
 * ```
 */
export function bayesLstmCell(config: Parameters<typeof tfl.layers.lstmCell>[0] & VariationalOptions): VariationalCell {
  return createCell('LSTMCell', config);
}

/**
 * The cell of {@link bayesGru}, for {@link bayesRnn}.
 *
 * Inside `tf.layers.rnn`, which knows no draws for a sequence, it throws a `ConfigError` when it is trained.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesGruCell, bayesRnn} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const cell = bayesGruCell({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesRnn({cell, inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 4]
 * ```
 */
export function bayesGruCell(config: Parameters<typeof tfl.layers.gruCell>[0] & VariationalOptions): VariationalCell {
  return createCell('GRUCell', config);
}

/**
 * `tf.layers.rnn` for cells with a posterior: draws their weights once for a sequence and adds their KL divergence to the loss.
 *
 * @param config As for `tf.layers.rnn`: a cell or a list of cells, of which some or all have a posterior.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesLstmCell, bayesRnn} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const cell = bayesLstmCell({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesRnn({cell, inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 4]
 * ```
 */
export function bayesRnn(config: Parameters<typeof tfl.layers.rnn>[0]): VariationalRnn {
  return createRnn('RNN', config);
}

/**
 * `tf.layers.bidirectional` for a recurrent layer with a posterior: both directions have weights of their own and pay their KL
 * divergence, which the stock wrapper loses.
 *
 * @param config As for `tf.layers.bidirectional`.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesBidirectional, bayesGru} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const layer = bayesGru({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesBidirectional({layer, mergeMode: 'concat', inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 8]
 * ```
 */
export function bayesBidirectional(config: Parameters<typeof tfl.layers.bidirectional>[0]): VariationalHost {
  return createWrapper('Bidirectional', config);
}

/**
 * `tf.layers.timeDistributed` for a layer or model with a posterior: all steps see one draw of the weights, where the stock
 * wrapper would let each have its own, and the KL divergence is paid, also that of a model inside.
 *
 * @param config As for `tf.layers.timeDistributed`.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, bayesTimeDistributed} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const layer = bayesDense({units: 4, trainSize: 1000});
 * const model = tfl.sequential({layers: [bayesTimeDistributed({layer, inputShape: [5, 3]})]});
 * console.log(model.outputs[0]?.shape);   // [null, 5, 4]
 * ```
 */
export function bayesTimeDistributed(config: Parameters<typeof tfl.layers.timeDistributed>[0]): VariationalHost {
  return createWrapper('TimeDistributed', config);
}
