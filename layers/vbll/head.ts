import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, NotFittedError, ShapeError} from '../../src/errors.ts';
import type {Likelihood, PredictiveOptions} from '../../src/likelihoods/index.ts';
import type {Predictive} from '../../src/predictive/index.ts';
import type {Rng} from '../../src/random/index.ts';
import type {VbllCovariance} from './covariance.ts';
import {type AddWeight, GaussianWeights} from './gaussian-weights.ts';
import type {ResolvedOptions, VbllOptions} from './options.ts';

/** The tensors that a prediction is made of, each [N, K]; those of successive batches are joined by name. */
export type Moments = Record<string, tf.Tensor>;

/**
 * A last layer whose weights have a Gaussian posterior that is trained with the rest of the net, without sampling
 * (Harrison, Willes and Snoek 2024).
 *
 * Input features [N, ..., D], output means or logits [N, ..., K], like a Dense layer without activation. There is no bias:
 * give the features a constant where one is wanted. Train with `loss: head.loss`; what the prior and the noise add is the
 * layer's own loss, divided by `trainSize`, the number of training targets: N T for outputs [N, T, K]. A model calls the head
 * once, as its last layer.
 */
export abstract class VbllHead extends tfl.layers.Layer {
  /** Number of outputs K. */
  readonly units: number;
  /**
   * The part of the objective that sees the targets: one number for each example, [N], the mean over inner axes, for
   * `model.compile({loss: head.loss})`. Reads the features of the same pass, so `yPred` must be this layer's own output.
   *
   * Throws `ShapeError` for targets of another shape, `ConfigError` for predictions of another layer.
   */
  readonly loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;
  /** The options with every default in place. @internal */
  protected readonly options: ResolvedOptions;
  readonly #passes = new WeakMap<tf.Tensor, tf.Tensor>();
  #q: GaussianWeights | undefined;
  #inputSize = 0;
  #tilt: LayerVariable | undefined;

  /** @internal */
  constructor(options: VbllOptions, resolved: ResolvedOptions) {
    super(options);
    this.units = resolved.units;
    this.options = resolved;
    this.loss = (yTrue, yPred) => this.#loss(yTrue, yPred);
    this.addLoss(() => tf.tidy(() => tf.div(this.regularizer(), resolved.trainSize)));
  }

  /** p(y | f) for outputs f as `outputsOf` gives them. */
  abstract readonly likelihood: Likelihood;
  /** Minus the bound on log p(y | features) of each example, [N], from features [N, D] and outputs and targets [N, K]. */
  abstract negativeBound(features: tf.Tensor2D, outputs: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D;
  /** KL(q || prior) minus the log prior of the noise, in nats: the layer's own loss before the division by `trainSize`. */
  abstract regularizer(): tf.Scalar;
  /** What a prediction follows from, of features [N, D]. */
  abstract moments(features: tf.Tensor2D): Moments;
  /** The prediction that follows from moments, which stay the caller's. */
  abstract predictive(moments: Moments, options: PredictiveOptions): Predictive;
  /** Creates the weights for D features. @internal */
  protected abstract create(features: number): GaussianWeights;

  /** Number of features D; 0 before the layer is built. */
  get inputSize(): number {
    return this.#inputSize;
  }

  /** Length of the last axis of what `outputsOf` gives: `units`, or more where the noise is an output too. */
  get outputSize(): number {
    return this.units;
  }

  /** How the covariance of the weights is written down. */
  get covariance(): VbllCovariance {
    return this.options.covariance;
  }

  /** The weights that hold q: the means, then the parameters of the covariance. */
  get gaussianWeights(): readonly LayerVariable[] {
    return this.q.variables;
  }

  /** The outputs [N, K] of features [N, D]. */
  outputs(features: tf.Tensor2D): tf.Tensor2D {
    return this.q.means(features);
  }

  /** The outputs f [N, K] that one draw of the weights gives to features [N, D]. */
  outputsOf(draw: tf.Tensor2D, features: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(features, draw);
  }

  /** What training minimizes at features [N, D] and targets [N, K], per row. */
  objective(features: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar {
    return tf.tidy(() => {
      const data = tf.mean<tf.Scalar>(this.negativeBound(features, this.outputs(features), y));
      return tf.add(data, tf.div(this.regularizer(), this.options.trainSize));
    });
  }

  /** Sets the means of the weights, [D, K]. */
  startAt(mean: tf.Tensor): void {
    this.q.startAt(mean);
  }

  /** One draw of the weights, [D, K]; the caller disposes it. */
  draw(rng: Rng): tf.Tensor2D {
    return this.q.draw(rng);
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    const features = shape.at(-1);
    if (typeof features !== 'number' || shape.length < 2) {
      throw new ShapeError(
        `${this.getClassName()}: expected features of shape [N, ..., D] with a fixed D, got [${shape.join(', ')}]. ` +
          'Flatten what comes before, or give it a fixed size.',
      );
    }
    this.#inputSize = features;
    this.#q = this.create(features);
    this.inputSpec = [new tfl.InputSpec({minNDim: 2, axes: {[-1]: features}})];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown> = {}): tf.Tensor {
    const features = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    const outputs = tf.tidy(() =>
      tf.reshape(this.outputs(asRows(features)), [...features.shape.slice(0, -1), this.units]),
    );
    this.#passes.set(outputs, untilTheLoss(features, kwargs.training === true));
    return outputs;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    return [...shape.slice(0, -1), this.units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const given = Object.fromEntries(Object.entries(this.options).filter(([, value]) => value !== undefined));
    return {...super.getConfig(), ...given} as tf.serialization.ConfigDict;
  }

  /** The posterior of the weights. @internal */
  protected get q(): GaussianWeights {
    if (this.#q) return this.#q;
    throw new NotFittedError(
      `${this.getClassName()}: expected a layer with weights, got one that has seen no input shape. ` +
        'Put it into a model, or give it an inputShape.',
    );
  }

  /** Creates q of the weights, with defaults that the head has for D features. @internal */
  protected weightsOf(inputs: number, defaults: {priorPrecision: number; spread: number}): GaussianWeights {
    const {units: outputs, covariance, rank, priorPrecision = defaults.priorPrecision, seed} = this.options;
    const {spread} = defaults;
    const size = {inputs, outputs, rank, covariance};
    return new GaussianWeights(this.weightMaker, {...size, priorVariance: 1 / priorPrecision, spread, seed});
  }

  /** Creates the tilt of Knowles and Minka's bound. @internal */
  protected createTilt(): void {
    this.#tilt = this.weightMaker('tilt', [1], tfl.initializers.constant({value: 0.1}));
  }

  /** The tilt, [1], of a head that has one. @internal */
  protected get tilt(): tf.Tensor {
    return (this.#tilt as LayerVariable).read();
  }

  /** Creates a weight of this layer. @internal */
  protected readonly weightMaker: AddWeight = (name, shape, initializer, trainable = true) =>
    this.addWeight(name, shape, 'float32', initializer, undefined, trainable);

  protected override disposeWeights(): number {
    this.#q?.dispose();
    return super.disposeWeights();
  }

  #loss(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
    const features = this.#passes.get(yPred);
    if (features === undefined || features.isDisposed) {
      throw new ConfigError(
        `${this.getClassName()}.loss: expected yPred to be the output of the layer '${this.name}' in the same step, got ` +
          'another tensor. Compile with the loss of the head that the model ends in; in a loop of your own call ' +
          'model.apply(x, {training: true}) and the loss in one tf.tidy or optimizer.minimize.',
      );
    }
    if (!tf.util.arraysEqual(yTrue.shape, yPred.shape)) {
      throw new ShapeError(
        `${this.getClassName()}.loss: expected targets of shape [${yPred.shape.join(', ')}], got ` +
          `[${yTrue.shape.join(', ')}]. Give every output one target; turn integer labels into rows with ` +
          `tf.oneHot(labels, ${this.units}).`,
      );
    }
    return tf.tidy(() => {
      const y = asRows(tf.cast(yTrue, 'float32'));
      const each = this.negativeBound(asRows(features), asRows(yPred), y);
      return tf.mean(tf.reshape(each, [yPred.shape[0] as number, -1]), 1);
    });
  }
}

/**
 * The features in a tensor that lives until the loss is asked for: tfjs disposes its own before, when it does not train,
 * and a model inside a model or under a custom training loop disposes them at the end of its own tidy.
 */
export function untilTheLoss(features: tf.Tensor, training: boolean): tf.Tensor {
  const {activeScope, scopeStack} = tf.engine().state;
  const outermost = scopeStack[0];
  if (!activeScope || !outermost) return features;
  const copy = tf.clone(features); // shares the data
  if (training && outermost !== activeScope) {
    activeScope.track.splice(activeScope.track.lastIndexOf(copy), 1);
    outermost.track.push(copy);
  }
  return copy;
}

/** [N, ..., C] as [N ..., C]. */
export function asRows(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) as number]);
}
