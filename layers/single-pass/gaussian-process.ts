import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {createRng} from '../../src/random/index.ts';
import {checkPositive} from '../dropout/rate.ts';
import {fixedFeatures, withUnits} from '../fixed-features.ts';
import {type CallInputs, onlyInput} from '../noise/noisy-layer.ts';
import {lossDue} from '../own-loss.ts';
import {Passes} from '../variational/passes.ts';
import {asRows} from '../vbll/head.ts';
import {randomDirections} from './random-directions.ts';

/** Options of {@link gaussianProcess}. */
export interface GaussianProcessOptions extends NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> {
  /** Number of outputs K. */
  units: number;
  /** Number of training examples: what the prior is divided by. */
  trainSize: number;
  /** Number M of random features; the error of the kernel is about 1 / sqrt(M). Default 512. */
  features?: number;
  /** Distance between inputs of the layer over which f changes. Default 1; larger is smoother, and doubts less. */
  lengthScale?: number;
  /** Precision of the prior of the weights on the features; its inverse is the prior variance of f. Default 1. */
  priorPrecision?: number;
  /** Seed of the random features. Default: others each time; they are saved with the model. */
  seed?: number;
}

/** The layer that {@link gaussianProcess} makes. */
export class GaussianProcess extends tfl.layers.Layer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesGaussianProcess';
  /** Number of outputs K. */
  readonly units: number;
  /** Number M of random features. */
  readonly features: number;
  /** Precision of the prior of the weights. */
  readonly priorPrecision: number;
  readonly #options: GaussianProcessOptions;
  readonly #passes = new Passes();
  #directions: tfl.LayerVariable | undefined;
  #phases: tfl.LayerVariable | undefined;
  #kernel: tfl.LayerVariable | undefined;

  constructor(options: GaussianProcessOptions) {
    super(options);
    const {units, trainSize, features = 512, priorPrecision = 1} = options;
    const caller = 'gaussianProcess';
    this.#options = options;
    this.supportsMasking = true;
    this.units = checkPositive(units, 'units', caller);
    this.features = checkPositive(features, 'features', caller);
    this.priorPrecision = checkPositive(priorPrecision, 'priorPrecision', caller);
    checkPositive(trainSize, 'trainSize', caller);
    if (options.lengthScale !== undefined) checkPositive(options.lengthScale, 'lengthScale', caller);
    this.addLoss(() =>
      lossDue(this, this.#passes, () => tf.mul(tf.sum(tf.square(this.weights2d)), priorPrecision / (2 * trainSize))),
    );
  }

  /** Number of inputs D; 0 before the layer is built. */
  get inputSize(): number {
    return this.#directions?.shape[0] ?? 0;
  }

  /** The weights on the features, [M, K]; the layer's own. */
  get weights2d(): tf.Tensor2D {
    return (this.#kernel as tfl.LayerVariable).read() as tf.Tensor2D;
  }

  /** The random features of inputs [N, D], `sqrt(2 / M) cos(inputs directions + phases)`, shape [N, M]. */
  randomFeatures(inputs: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const [directions, phases] = [this.#directions, this.#phases] as [tfl.LayerVariable, tfl.LayerVariable];
      const angles = tf.add(tf.matMul(inputs, directions.read() as tf.Tensor2D), phases.read());
      return tf.mul(tf.cos(angles), Math.sqrt(2 / this.features));
    });
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const inputs = fixedFeatures(inputShape, 'gaussianProcess');
    const {lengthScale = 1, seed = Math.random()} = this.#options;
    const rng = createRng(seed);
    const {features: M} = this;
    const zeros = tfl.initializers.zeros();
    this.#directions = this.addWeight('directions', [inputs, M], 'float32', zeros, undefined, false);
    this.#phases = this.addWeight('phases', [M], 'float32', zeros, undefined, false);
    this.#kernel = this.addWeight('kernel', [M, this.units], 'float32', zeros);
    const values = randomDirections(rng.fork('directions'), inputs, M).map((value) => value / lengthScale);
    const phases = rng
      .fork('phases')
      .uniforms(M)
      .map((value) => 2 * Math.PI * value);
    tf.tidy(() => {
      this.#directions?.write(tf.tensor2d(Float32Array.from(values), [inputs, M]));
      this.#phases?.write(tf.tensor1d(Float32Array.from(phases)));
    });
    this.inputSpec = [new tfl.InputSpec({minNDim: 2, axes: {[-1]: inputs}})];
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    this.#passes.noteCall(kwargs);
    const input = onlyInput(inputs);
    return tf.tidy(() => {
      const outputs = tf.matMul(this.randomFeatures(asRows(input)), this.weights2d);
      return tf.reshape(outputs, [...input.shape.slice(0, -1), this.units]);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return withUnits(inputShape, this.units);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {units, trainSize, lengthScale, seed} = this.#options;
    const {features, priorPrecision} = this;
    const given = {...(lengthScale !== undefined && {lengthScale}), ...(seed !== undefined && {seed})};
    return {...super.getConfig(), units, trainSize, features, priorPrecision, ...given};
  }
}
tf.serialization.registerClass(GaussianProcess);

/**
 * A last layer that is a Gaussian process with a squared-exponential kernel, through random features (Rahimi and Recht 2007;
 * Liu et al. 2020).
 *
 *     phi(h) = sqrt(2 / M) cos(h directions + phases),   f_k(h) = phi(h)^T weights_k,   weights_k ~ N(0, I / priorPrecision)
 *     phi(a)^T phi(b) is about exp(-|a - b|^2 / (2 lengthScale^2))
 *
 * with fixed orthogonal directions and uniform phases. Input [N, ..., D], output [N, ..., units]: logits or means, without activation
 * (`tf.layers.activation` or `softmax` may follow). The prior is the layer's own loss, in nats per example. Far from the training data f
 * falls back to 0 and its variance to 1 / priorPrecision, which `sngp(model)` reports; that this happens far from the *inputs* of the net
 * needs a net that keeps distances: see `spectralNormalization`.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {gaussianProcess} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const last = gaussianProcess({units: 1, trainSize: 50, features: 64, lengthScale: 0.5, inputShape: [2]});
 * const model = tfl.sequential({layers: [last]});
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await model.fit(tf.ones([50, 2]), tf.ones([50, 1]), {epochs: 1, verbose: 0});
 * console.log(model.countParams()); // 2 x 64 directions, 64 phases, 64 weights
 * ```
 */
export function gaussianProcess(options: GaussianProcessOptions): GaussianProcess {
  return new GaussianProcess(options);
}
