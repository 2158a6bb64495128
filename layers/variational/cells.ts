import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import type {VariationalCell} from './layer.ts';
import type {Estimator} from './options.ts';
import type {Kwargs} from './passes.ts';
import {flippedStep, type StockCell} from './recurrent-steps.ts';
import {registerLayer} from './stock.ts';
import {variationalBase} from './variational-base.ts';

/** The class of variational cells of this kind. */
function cellClass(stock: string): new (config: object) => VariationalCell {
  class Cell extends variationalBase<StockCell>(stock, allowedFor) {
    static className = `Bayes${stock}`;

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs = {}): tf.Tensor | tf.Tensor[] {
      if (kwargs.training !== true || this.q.all.length === 0) return super.call(inputs, kwargs);
      this.q.checkDrawn();
      if (this.q.estimator === 'reparameterization') return super.call(inputs, kwargs);
      return tf.tidy(() => flippedStep(this, this.q, inputs as tf.Tensor[]));
    }
  }
  registerLayer(Cell);
  return Cell as unknown as new (
    config: object,
  ) => VariationalCell;
}

/** Dropout masks are made inside of stock cells, out of Flipout's reach. */
function allowedFor(cell: StockCell, estimator: Estimator | undefined): readonly Estimator[] {
  if (cell.dropout === 0 && cell.recurrentDropout === 0) return ['flipout', 'reparameterization'];
  if (estimator !== 'flipout') return ['reparameterization'];
  throw new ConfigError(
    `${cell.getClassName()}: expected no dropout under the estimator 'flipout', got dropout ${cell.dropout} and ` +
      `recurrentDropout ${cell.recurrentDropout} in '${cell.name}'. Leave dropout out, or use estimator: 'reparameterization'.`,
  );
}

/** The variational classes of recurrent cells, by the names of their stock classes. */
export const CELLS = new Map(['SimpleRNNCell', 'LSTMCell', 'GRUCell'].map((stock) => [stock, cellClass(stock)]));
