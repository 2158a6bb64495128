import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {innerLayers} from '../../src/models/graph.ts';
import {findVariational} from './find.ts';
import type {VariationalHost, VariationalLayer} from './layer.ts';
import type {Kwargs} from './passes.ts';
import {penaltyLoss, withoutPenalties} from './penalty.ts';
import {withDraws} from './recurrent.ts';
import {registerLayer, stockClass} from './stock.ts';
import {countingPasses} from './variational-base.ts';

/** The class of wrappers that descends from `stock`: one draw for all calls of what it wraps, and its KL divergence paid. */
function wrapperClass(stock: string): new (config: object) => VariationalHost {
  class VariationalWrapper extends countingPasses(stockClass<tfl.layers.Layer>(stock)) implements VariationalHost {
    static className = `Bayes${stock}`;

    get inner(): readonly VariationalLayer[] {
      return findVariational(innerLayers(this));
    }

    override get losses(): (() => tf.Scalar)[] {
      return [...withoutPenalties(super.losses), penaltyLoss(this, () => this.inner.map(({q}) => q))];
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs = {}): tf.Tensor | tf.Tensor[] {
      return withDraws(this.inner, kwargs, () => super.call(inputs, kwargs));
    }
  }
  registerLayer(VariationalWrapper);
  return VariationalWrapper;
}

/** The classes of wrappers around variational layers, by the names of their stock classes. */
export const WRAPPERS = new Map(['TimeDistributed', 'Bidirectional'].map((stock) => [stock, wrapperClass(stock)]));
