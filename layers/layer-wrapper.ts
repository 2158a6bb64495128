import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../src/errors.ts';
import {withOverrides} from '../src/models/override.ts';
import type {CallInputs} from './noise/noisy-layer.ts';

/** What every tfjs layer takes. */
type LayerOptions = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/** A layer with a kernel. */
export interface KernelLayer extends tfl.layers.Layer {
  /** Its kernel; undefined before the layer is built. */
  readonly kernel: tfl.LayerVariable | undefined;
  /** Its activation. */
  readonly activation: unknown;
}

/** Options of a layer around another. */
export interface WrapperOptions extends LayerOptions {
  /** The layer inside. Its `inputShape` counts as the wrapper's own. */
  layer: tfl.layers.Layer;
}

type FromConfig = typeof tf.serialization.Serializable.fromConfig;

/** A layer around one that has a kernel: has its weights, its losses and its shape of output. */
export abstract class LayerWrapper extends tfl.layers.Layer {
  /** The layer inside. */
  readonly layer: KernelLayer;

  /** @internal */
  constructor(options: WrapperOptions, supported: readonly string[], caller: string) {
    const {layer} = options;
    if (!supported.includes(layer?.getClassName?.())) {
      const got = layer?.getClassName?.() ?? String(layer);
      throw new ConfigError(
        `${caller}: expected layer to be one of ${supported.join(', ')}, got ${got}. Leave it as it is.`,
      );
    }
    const {batchInputShape} = layer;
    super({...(batchInputShape && !options.inputShape && {batchInputShape}), ...options});
    this.layer = layer as KernelLayer;
    this.supportsMasking = layer.supportsMasking;
  }

  /** The kernel of the layer inside. @internal */
  protected get kernel(): tfl.LayerVariable {
    return this.layer.kernel as tfl.LayerVariable;
  }

  /** The activation of the layer inside; where another is put in its place, calls use that. @internal */
  get activation(): unknown {
    return this.layer.activation;
  }

  /** Calls the layer inside. @internal */
  protected callInside(inputs: CallInputs, kwargs: Record<string, unknown>): CallInputs {
    const override = {target: this.layer, key: 'activation', value: this.activation};
    return withOverrides([override], () => this.layer.call(inputs, kwargs));
  }

  /** Whether the layer and the one inside are trained. */
  override get trainable(): boolean {
    return super.trainable;
  }

  /** Freezes or thaws both layers. */
  override set trainable(trainable: boolean) {
    super.trainable = trainable;
    if (this.layer !== undefined) this.layer.trainable = trainable; // the constructor of Layer comes here too
  }

  /** Trained weights of both layers. */
  override get trainableWeights(): tfl.LayerVariable[] {
    return [...super.trainableWeights, ...this.layer.trainableWeights];
  }

  /** Other weights of both layers. */
  override get nonTrainableWeights(): tfl.LayerVariable[] {
    return [...super.nonTrainableWeights, ...this.layer.nonTrainableWeights];
  }

  override calculateLosses(): tf.Scalar[] {
    return [...super.calculateLosses(), ...this.layer.calculateLosses()];
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    if (!this.layer.built) {
      this.layer.build(inputShape);
      this.layer.built = true;
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return this.layer.computeOutputShape(inputShape);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const layer = {className: this.layer.getClassName(), config: this.layer.getConfig()};
    return {...super.getConfig(), layer};
  }

  /** @internal */
  static override fromConfig: FromConfig = (cls, config) => {
    const {className, config: inner} = config.layer as {className: string; config: tf.serialization.ConfigDict};
    const entry = tf.serialization.SerializationMap.getMap().classNameMap[className];
    if (!entry) throw new ConfigError(`loadLayersModel: expected a layer that is registered, got '${className}'.`);
    return new cls({...config, layer: entry[1](entry[0], inner)});
  };
}

/** Names of the layers whose kernel ends in [inputs, outputs]. */
export const KERNEL_LAYERS = ['Dense', 'Conv1D', 'Conv2D', 'Conv3D'] as const;
