import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError, ShapeError} from '../../src/errors.ts';
import {checkPositive} from '../dropout/rate.ts';
import {fixedFeatures, withUnits} from '../fixed-features.ts';
import {type CallInputs, onlyInput} from '../noise/noisy-layer.ts';
import {asRows, untilTheLoss} from '../vbll/head.ts';
import {
  misplacedEvidence,
  type NormalInverseGamma,
  negativeLogMarginal,
  readParameters,
} from './normal-inverse-gamma.ts';

/** Options of {@link evidentialRegression}. */
export interface EvidentialRegressionOptions extends NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> {
  /** Number of targets C. */
  units: number;
  /** Weight of the penalty on evidence where the prediction is wrong. Default 0.01. */
  evidenceWeight?: number;
  /** Seed of the initial weights. Default: another start each time. */
  seed?: number;
}

/** The layer that {@link evidentialRegression} makes. */
export class EvidentialRegression extends tfl.layers.Layer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesEvidentialRegression';
  /** Number of targets C. */
  readonly units: number;
  /** Weight of the penalty on evidence where the prediction is wrong. */
  readonly evidenceWeight: number;
  /**
   * For `model.compile({loss: head.loss})`: one number for each example, [N], the mean over inner axes. Reads what the layer computed
   * in the same pass, so `yPred` must be this layer's own output.
   *
   * Throws `ShapeError` for targets of another shape, `ConfigError` for predictions of another layer.
   */
  readonly loss: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;
  readonly #seed: number | undefined;
  readonly #passes = new WeakMap<tf.Tensor, tf.Tensor>();
  #kernel: tfl.LayerVariable | undefined;
  #bias: tfl.LayerVariable | undefined;

  constructor(options: EvidentialRegressionOptions) {
    super(options);
    const {units, evidenceWeight = 0.01, seed} = options;
    this.units = checkPositive(units, 'units', 'evidentialRegression');
    if (!(evidenceWeight >= 0)) {
      throw new ConfigError(`evidentialRegression: expected evidenceWeight to be 0 or more, got ${evidenceWeight}.`);
    }
    this.evidenceWeight = evidenceWeight;
    this.#seed = seed;
    this.supportsMasking = true;
    this.loss = (yTrue, yPred) => this.#loss(yTrue, yPred);
  }

  /** Number of inputs D; 0 before the layer is built. */
  get inputSize(): number {
    return this.#kernel?.shape[0] ?? 0;
  }

  /** The belief about each target at inputs of the layer [N, ..., D]; each part [N, ..., C]. */
  belief(inputs: tf.Tensor): NormalInverseGamma {
    return readParameters(this.#outputs(inputs));
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const inputs = fixedFeatures(inputShape, 'evidentialRegression');
    const seeded = this.#seed === undefined ? {} : {seed: this.#seed};
    const start = tfl.initializers.randomNormal({stddev: Math.sqrt(1 / inputs), ...seeded});
    this.#kernel = this.addWeight('kernel', [inputs, 4 * this.units], 'float32', start);
    this.#bias = this.addWeight('bias', [4 * this.units], 'float32', tfl.initializers.zeros());
    this.inputSpec = [new tfl.InputSpec({minNDim: 2, axes: {[-1]: inputs}})];
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const {outputs, means} = tf.tidy(() => {
      const outputs = this.#outputs(onlyInput(inputs));
      const begin = outputs.shape.map(() => 0);
      return {outputs, means: tf.slice(outputs, begin, [...outputs.shape.slice(0, -1), this.units])};
    });
    this.#passes.set(means, untilTheLoss(outputs, kwargs.training === true));
    return means;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return withUnits(inputShape, this.units);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {units, evidenceWeight} = this;
    return {...super.getConfig(), units, evidenceWeight, ...(this.#seed !== undefined && {seed: this.#seed})};
  }

  #outputs(inputs: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const [kernel, bias] = [this.#kernel, this.#bias] as [tfl.LayerVariable, tfl.LayerVariable];
      const rows = tf.add(tf.matMul(asRows(inputs), kernel.read() as tf.Tensor2D), bias.read());
      return tf.reshape(rows, [...inputs.shape.slice(0, -1), 4 * this.units]);
    });
  }

  #loss(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
    const outputs = this.#passes.get(yPred);
    if (outputs === undefined || outputs.isDisposed) {
      throw new ConfigError(
        `evidentialRegression.loss: expected yPred to be the output of the layer '${this.name}' in the same step, got another ` +
          'tensor. Compile with the loss of the layer that the model ends in.',
      );
    }
    if (!tf.util.arraysEqual(yTrue.shape, yPred.shape)) {
      throw new ShapeError(
        `evidentialRegression.loss: expected targets of shape [${yPred.shape.join(', ')}], got [${yTrue.shape.join(', ')}]. ` +
          'Give every output one target.',
      );
    }
    return tf.tidy(() => {
      const belief = readParameters(outputs);
      const penalty = tf.mul(misplacedEvidence(belief, yTrue), this.evidenceWeight);
      const each = tf.sum(tf.add(negativeLogMarginal(belief, yTrue), penalty), -1);
      return tf.mean(tf.reshape(each, [yPred.shape[0] as number, -1]), 1);
    });
  }
}
tf.serialization.registerClass(EvidentialRegression);

/**
 * Evidential regression: a last layer that predicts mean, noise and doubt of each target in one pass (Amini et al. 2020).
 *
 *     sigma^2 ~ InverseGamma(alpha, beta),  mu ~ N(gamma, sigma^2 / nu),  y ~ N(mu, sigma^2)
 *     loss = sum_c -log StudentT(y_c; 2 alpha, gamma, sqrt(beta (1 + nu) / (nu alpha))) + evidenceWeight |y_c - gamma| (2 nu + alpha)
 *
 * Input [N, ..., D], output the means gamma [N, ..., units], targets of the same shape. `evidentialPosterior(model)` predicts the Student-t,
 * with `aleatoricVariance = beta / (alpha - 1)` and `epistemicVariance = beta / (nu (alpha - 1))`. Standardize the targets: the penalty has
 * their units.
 *
 * Known limits: the likelihood fixes beta (1 + nu) / nu only, so that the split into noise and doubt comes from the penalty and the
 * optimizer (Meinert, Gawlikowski and Lavin 2023): doubt ranks inputs, but its size means little, and nothing makes it grow far from the
 * data. Where that matters use an ensemble or a Laplace approximation.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {evidentialPosterior, evidentialRegression} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const head = evidentialRegression({units: 1});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'relu', inputShape: [1]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss});
 * const x = tf.reshape(tf.linspace(-1, 1, 20), [20, 1]);
 * await model.fit(x, tf.sin(x), {epochs: 2, verbose: 0});
 * const predictive = await evidentialPosterior(model).predict(x);
 * console.log(predictive.kind); // 'student-t'
 * predictive.dispose();
 * ```
 */
export function evidentialRegression(options: EvidentialRegressionOptions): EvidentialRegression {
  return new EvidentialRegression(options);
}
