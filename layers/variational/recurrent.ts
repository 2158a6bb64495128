import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {CELLS} from './cells.ts';
import {findVariational} from './find.ts';
import type {VariationalHost, VariationalLayer, VariationalRnn} from './layer.ts';
import type {Kwargs} from './passes.ts';
import {penaltyLoss} from './penalty.ts';
import {registerLayer, stockClass} from './stock.ts';
import {countingPasses} from './variational-base.ts';
import type {VariationalWeights} from './variational-weights.ts';

/** A recurrent layer of tfjs-layers. */
interface StockRnn extends tfl.layers.Layer {
  cell: tfl.layers.Layer;
}

/** The class of recurrent layers over variational cells that descends from `stock`; with `cell`, over one of that class. */
function recurrentClass(stock: string, cell?: string): new (config: object) => VariationalRnn {
  class Recurrent extends countingPasses(stockClass<StockRnn>(stock)) implements VariationalHost {
    static className = `Bayes${stock}`;

    constructor(config: object) {
      super({...config});
      if (cell !== undefined) this.cell = new (CELLS.get(cell) as new (config: object) => tfl.layers.Layer)(config);
      for (const [i, {q}] of this.inner.entries()) q.streamName = () => `${this.name}/${i}`;
      this.addLoss(penaltyLoss(this, () => this.#due()));
    }

    get inner(): readonly VariationalLayer[] {
      return findVariational([this.cell]);
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs = {}): tf.Tensor | tf.Tensor[] {
      return withDraws(this.inner, kwargs, () => super.call(inputs, kwargs));
    }

    override getConfig(): tf.serialization.ConfigDict {
      const config = super.getConfig();
      return cell === undefined
        ? {...config, cell: {className: this.cell.getClassName(), config: this.cell.getConfig()}}
        : config;
    }

    #due(): readonly VariationalWeights[] {
      if (this.built) return this.inner.map(({q}) => q);
      throw new ConfigError(
        `${Recurrent.className}: expected a layer that was called, got '${this.name}', which tf.layers.bidirectional copied ` +
          'and whose KL divergence it would lose. Wrap it with bayesBidirectional.',
      );
    }
  }
  registerLayer(Recurrent);
  return Recurrent as unknown as new (
    config: object,
  ) => VariationalRnn;
}

/** Runs `body` with a draw of all these layers in place, where the pass is one of training. */
export function withDraws<T extends tf.TensorContainer>(
  layers: readonly VariationalLayer[],
  kwargs: Kwargs,
  body: () => T,
): T {
  if (kwargs.training !== true) return body();
  return layers.reduceRight<() => T>(
    (run, {q}) =>
      () =>
        q.withDraw(kwargs, run),
    body,
  )();
}

/** The variational classes of recurrent layers, by the names of their stock classes. */
export const RECURRENT = new Map([
  ['RNN', recurrentClass('RNN')],
  ...['SimpleRNN', 'LSTM', 'GRU'].map((stock): [string, new (config: object) => VariationalRnn] => [
    stock,
    recurrentClass(stock, `${stock}Cell`),
  ]),
]);
