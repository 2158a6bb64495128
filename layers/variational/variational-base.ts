import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {type AddWeightArguments, addRandomWeight} from './add-weight.ts';
import type {VariationalLayer} from './layer.ts';
import {type Estimator, optionsConfig, resolveOptions, type VariationalOptions} from './options.ts';
import {type Kwargs, Passes} from './passes.ts';
import {stockClass} from './stock.ts';
import {VariationalWeights} from './variational-weights.ts';

type LayerClass<L> = new (config: object) => L;

/** The estimators that are defined for a layer, the default first; `asked` is what its options name. */
type AllowedEstimators<L> = (layer: L, asked: Estimator | undefined) => readonly Estimator[];

/** The stock class of this name with posteriors for its weights: what layers and recurrent cells have in common. */
export function variationalBase<L extends tfl.layers.Layer>(
  stock: string,
  allowed: AllowedEstimators<L>,
): LayerClass<L & VariationalLayer> {
  class Base extends stockClass<tfl.layers.Layer>(stock) implements VariationalLayer {
    static className = `Bayes${stock}`;
    readonly q: VariationalWeights;

    constructor(config: object) {
      super({...config});
      const options = resolveOptions(config as VariationalOptions, this.getClassName());
      this.q = new VariationalWeights(options, this, allowed(this as unknown as L, options.estimator));
    }

    get noiseState(): Int32Array {
      return this.q.noiseState;
    }

    set noiseState(state: Int32Array) {
      this.q.noiseState = state;
    }

    override getConfig(): tf.serialization.ConfigDict {
      return {...super.getConfig(), ...optionsConfig(this.q.options)} as tf.serialization.ConfigDict;
    }

    protected override addWeight(...args: AddWeightArguments): tfl.LayerVariable {
      return addRandomWeight(this, args, (...rest) => super.addWeight(...rest));
    }
  }
  return Base as unknown as LayerClass<L & VariationalLayer>;
}

/** The class with a count of its training passes, and of its calls in each. */
export function countingPasses<L extends tfl.layers.Layer>(
  layerClass: LayerClass<L>,
): LayerClass<L & {readonly passes: Passes}> {
  class Counting extends (layerClass as LayerClass<tfl.layers.Layer>) {
    readonly passes = new Passes();

    override apply<T extends tf.Tensor | tf.Tensor[] | tfl.SymbolicTensor | tfl.SymbolicTensor[]>(
      inputs: T,
      kwargs: Kwargs = {},
    ): T {
      this.passes.noteCall(kwargs);
      return super.apply(inputs, kwargs) as T;
    }
  }
  return Counting as unknown as LayerClass<L & {readonly passes: Passes}>;
}
