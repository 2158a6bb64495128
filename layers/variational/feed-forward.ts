import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {withOverrides} from '../../src/models/override.ts';
import {channelAxis, flipout, type LinearForm, type LinearMap, localReparameterization} from './estimators.ts';
import type {VariationalLayer} from './layer.ts';
import type {Estimator} from './options.ts';
import type {Kwargs} from './passes.ts';
import {penaltyLoss} from './penalty.ts';
import {registerLayer, type StockLayer} from './stock.ts';
import {countingPasses, variationalBase} from './variational-base.ts';

/** A kind of feed-forward layer: linear in its input, but for its activation. */
export interface LayerKind {
  /** Class name in tfjs. */
  readonly stock: string;
  /** Whether the inputs are whole numbers that choose rows, not numbers that are multiplied. */
  readonly indices?: boolean;
  /** The linear maps that follow on each other, where the layer is more than one; each by the name of its weight. */
  readonly stages?: (layer: StockLayer) => Readonly<Record<string, LinearMap>>;
}

const ALLOWED: readonly Estimator[] = ['flipout', 'local-reparameterization', 'reparameterization'];
const LINEAR = {apply: (x: tf.Tensor): tf.Tensor => x, getClassName: (): string => 'linear'};

/** The class of variational layers of this kind, registered under its name with our prefix. */
export function feedForwardClass(kind: LayerKind): new (config: object) => VariationalLayer {
  class Variational extends countingPasses(variationalBase<StockLayer>(kind.stock, () => ALLOWED)) {
    static className = `Bayes${kind.stock}`;

    constructor(config: object) {
      super(config);
      this.addLoss(penaltyLoss(this, () => [this.q]));
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs = {}): tf.Tensor | tf.Tensor[] {
      if (kwargs.training !== true || this.q.all.length === 0) return super.call(inputs, kwargs);
      return this.q.withDraw(kwargs, () => {
        if (this.q.estimator === 'reparameterization') return super.call(inputs, kwargs);
        const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
        const outputs =
          this.q.estimator === 'flipout' ? flipout(x, this.#form()) : localReparameterization(x, this.#form());
        return this.activation?.apply(outputs) ?? outputs;
      });
    }

    #form(): LinearForm {
      return {
        q: this.q,
        stages: kind.stages?.(this) ?? this.#onlyStage(),
        channels: (rank: number) => channelAxis(rank, this.dataFormat),
        indices: kind.indices ?? false,
        bias: (this as StockLayer & {bias?: tfl.LayerVariable | null}).bias ?? undefined,
      };
    }

    /** The layer itself without bias and activation, as a function of its kernel. */
    #onlyStage(): Readonly<Record<string, LinearMap>> {
      const kernel = this.q.all.find(({name}) => name !== 'bias');
      const withoutRest = [
        {target: this, key: 'activation', value: LINEAR},
        {target: this, key: 'bias', value: null},
        {target: this, key: 'useBias', value: false},
      ];
      if (kernel === undefined) return {};
      const map: LinearMap = (x, value) =>
        withOverrides([...withoutRest, {target: kernel, key: 'value', value}], () => super.call(x, {}) as tf.Tensor);
      return {[kernel.name]: map};
    }
  }
  registerLayer(Variational);
  return Variational;
}
