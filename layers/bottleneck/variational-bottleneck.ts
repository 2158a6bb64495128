import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {NoiseSource} from '../../src/posterior/noise-source.ts';
import {createRng} from '../../src/random/index.ts';
import {checkPositive} from '../dropout/rate.ts';
import {fixedFeatures, withUnits} from '../fixed-features.ts';
import {type CallInputs, type NoisyLayer, onlyInput} from '../noise/noisy-layer.ts';
import {trainingNoise} from '../noise/training-noise.ts';
import {asRows, untilTheLoss} from '../vbll/head.ts';

/** What softplus makes of a raw scale of this is 1: codes start with the spread of the prior. */
const RAW_SCALE_OF_ONE = Math.log(Math.expm1(1));
/** Keeps logarithms of scales finite. */
const LEAST_SCALE = 1e-6;

/** Options of {@link variationalBottleneck}. */
export interface VariationalBottleneckOptions extends NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> {
  /** Number of dimensions K of the code. */
  units: number;
  /** Weight of the divergence of a code from the prior. Default 0.001; `bottleneckSchedule` changes it. */
  beta?: number;
  /** Seed of the initial weights and of the noise in training. Default: others each time. */
  seed?: number;
}

/** The layer that {@link variationalBottleneck} makes. */
export class VariationalBottleneck extends tfl.layers.Layer implements NoisyLayer {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVariationalBottleneck';
  /** @internal */
  readonly noise = 'code';
  /** Number of dimensions K of the code. */
  readonly units: number;
  /** Weight of the divergence of a code from the prior. */
  beta: number;
  readonly #seed: number | undefined;
  readonly #source: NoiseSource;
  #kernel: tfl.LayerVariable | undefined;
  #bias: tfl.LayerVariable | undefined;
  #divergences: tf.Tensor[] = [];

  constructor(options: VariationalBottleneckOptions) {
    super(options);
    const {units, beta = 1e-3, seed} = options;
    this.units = checkPositive(units, 'units', 'variationalBottleneck');
    this.beta = checkBeta(beta, 'variationalBottleneck');
    this.#seed = seed;
    this.supportsMasking = true;
    this.#source = trainingNoise(createRng(seed ?? Math.random()));
    this.addLoss(() => tf.tidy(() => tf.mul<tf.Scalar>(this.#lastDivergence(), this.beta)));
  }

  /**
   * q(code | input) of inputs of the layer [N, ..., D]: its mean, its standard deviation and its divergence from the prior in nats. The
   * caller disposes them.
   */
  encode(inputs: tf.Tensor): {
    /** Means, [N, ..., K]. */
    mean: tf.Tensor;
    /** Standard deviations, [N, ..., K]. */
    scale: tf.Tensor;
    /** KL(q || N(0, I)) in nats, [N, ...]. */
    divergence: tf.Tensor;
  } {
    return tf.tidy(() => {
      const [kernel, bias] = [this.#kernel, this.#bias] as [tfl.LayerVariable, tfl.LayerVariable];
      const rows = tf.add(tf.matMul(asRows(inputs), kernel.read() as tf.Tensor2D), bias.read());
      const both = tf.reshape(rows, [...inputs.shape.slice(0, -1), 2 * this.units]);
      const [mean, raw] = tf.split(both, 2, -1) as [tf.Tensor, tf.Tensor];
      const scale = tf.add(tf.softplus(raw), LEAST_SCALE);
      const squares = tf.add(tf.square(mean), tf.square(scale));
      const each = tf.sub(tf.mul(tf.sub(squares, 1), 0.5), tf.log(scale));
      return {mean, scale, divergence: tf.sum(each, -1)};
    });
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const inputs = fixedFeatures(inputShape, 'variationalBottleneck');
    const {units} = this;
    const seeded = this.#seed === undefined ? {} : {seed: this.#seed};
    const start = tfl.initializers.randomNormal({stddev: Math.sqrt(1 / inputs), ...seeded});
    this.#kernel = this.addWeight('kernel', [inputs, 2 * units], 'float32', start);
    this.#bias = this.addWeight('bias', [2 * units], 'float32', tfl.initializers.zeros());
    tf.tidy(() => {
      this.#bias?.write(tf.concat([tf.zeros([units]), tf.fill([units], RAW_SCALE_OF_ONE)]));
    });
    this.inputSpec = [new tfl.InputSpec({minNDim: 2, axes: {[-1]: inputs}})];
    super.build(inputShape);
  }

  override call(inputs: CallInputs, kwargs: Record<string, unknown> = {}): tf.Tensor {
    const input = onlyInput(inputs);
    if (kwargs.training !== true) return tf.tidy(() => this.encode(input).mean);
    const {code, divergence} = tf.tidy(() => {
      const {mean, scale, divergence} = this.encode(input);
      return {code: tf.add(mean, tf.mul(scale, this.#source.normals(mean.shape))), divergence: tf.mean(divergence)};
    });
    const remembered = untilTheLoss(divergence, true);
    if (tf.engine().state.activeScope) this.#divergences = [...this.#standing(), remembered];
    else remembered.dispose(); // no step, and so nobody who would ask for it
    return code;
  }

  /** @internal */
  noisyCall(input: tf.Tensor, source: NoiseSource): tf.Tensor {
    const {mean, scale} = this.encode(input);
    return tf.add(mean, tf.mul(scale, source.normals(mean.shape)));
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return withUnits(inputShape, this.units);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const {units, beta} = this;
    return {...super.getConfig(), units, beta, ...(this.#seed !== undefined && {seed: this.#seed})};
  }

  /**
   * The divergence of the oldest call of this step whose loss was not asked for; 0 outside of training. Inside of `timeDistributed`,
   * which asks once for all steps, their mean.
   */
  #lastDivergence(): tf.Tensor {
    const standing = this.#standing();
    if (this.inboundNodes.length === 0 && standing.length > 0) {
      this.#divergences = [];
      return tf.div(tf.addN(standing), standing.length);
    }
    const [first, ...others] = standing;
    this.#divergences = others;
    return first ?? tf.scalar(0);
  }

  #standing(): tf.Tensor[] {
    return this.#divergences.filter(({isDisposed}) => !isDisposed);
  }
}
tf.serialization.registerClass(VariationalBottleneck);

/**
 * Variational information bottleneck: a layer that passes on a noisy code of its input and pays for what the code tells
 * (Alemi et al. 2017).
 *
 *     q(code | input) = N(mean, diag(scale^2)),  [mean, raw] = input kernel + bias,  scale = softplus(raw)
 *     training: code = mean + scale eps,  loss += beta mean_n KL(q(code | input_n) || N(0, I))
 *
 * in nats for each example: together with a loss in nats (categorical cross-entropy) an upper bound on
 * `beta I(input; code) - I(code; target)`. Input [N, ..., D], output [N, ..., units]. `model.predict` passes the mean on;
 * `bottleneckPosterior(model)` averages over codes. The noise is in the code and not in the weights: it shows what is ambiguous about an
 * input, and does not shrink with more data. Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bottleneckPosterior, bottleneckSchedule, variationalBottleneck} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const code = variationalBottleneck({units: 4, seed: 1, inputShape: [6]});
 * const model = tfl.sequential({layers: [code, tfl.layers.dense({units: 2, activation: 'softmax'})]});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * const y = tf.tile(tf.tensor2d([[1, 0]]), [20, 1]);
 * const warmUp = bottleneckSchedule(code, (epoch) => 1e-2 * Math.min(1, epoch / 2));
 * await model.fit(tf.ones([20, 6]), y, {epochs: 3, verbose: 0, callbacks: warmUp});
 * const predictive = await bottleneckPosterior(model).predict(tf.ones([3, 6]));
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function variationalBottleneck(options: VariationalBottleneckOptions): VariationalBottleneck {
  return new VariationalBottleneck(options);
}

/**
 * A callback for `fit` that sets the `beta` of a bottleneck at the start of each epoch.
 *
 * @param layer the bottleneck.
 * @param beta its weight in an epoch, counted from 0.
 *
 * @example
 * ```ts
 * import {bottleneckSchedule, variationalBottleneck} from 'tfjs-bayes/layers';
 *
 * const layer = variationalBottleneck({units: 8});
 * const callback = bottleneckSchedule(layer, (epoch) => 1e-3 * Math.min(1, (epoch + 1) / 10));
 * await callback.onEpochBegin(0);
 * console.log(layer.beta); // 0.0001
 * ```
 */
export function bottleneckSchedule(layer: VariationalBottleneck, beta: (epoch: number) => number): tfl.CustomCallback {
  return new tfl.CustomCallback({
    onEpochBegin: async (epoch) => {
      layer.beta = checkBeta(beta(epoch), 'bottleneckSchedule');
    },
  });
}

function checkBeta(beta: number, caller: string): number {
  if (Number.isFinite(beta) && beta >= 0) return beta;
  throw new ConfigError(`${caller}: expected beta to be 0 or more, got ${beta}. Choose 0.001, for example.`);
}
