import * as tf from '@tensorflow/tfjs-core';
import {LogNormalNoise} from './log-normal-noise.ts';
import {resolveOptions, type VbllClassificationOptions, type VbllHeteroscedasticOptions} from './options.ts';
import {ScaledClassification} from './scaled-classification.ts';

/** The layer that {@link vbllHeteroscedasticClassification} makes. */
export class VbllHeteroscedasticClassification extends ScaledClassification<LogNormalNoise> {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllHeteroscedasticClassification';

  constructor(options: VbllClassificationOptions & VbllHeteroscedasticOptions) {
    const supported = ['diagonal', 'dense', 'low-rank', 'dense-precision'] as const;
    const bounds = ['reduced-knowles-minka', 'semi-monte-carlo'] as const;
    const defaults = {covariance: 'diagonal', supported, wishartScale: 1, bounds, fixesNoise: false} as const;
    super(options, resolveOptions(options, defaults, 'vbllHeteroscedasticClassification'));
  }

  /** @internal */
  protected override createNoise(inputs: number): LogNormalNoise {
    return new LogNormalNoise(this.noiseWeightsOf(inputs));
  }

  /** @internal */
  protected override priorPrecisionFor(inputs: number): number {
    return inputs;
  }

  /** @internal */
  protected override referenceVariance(features: tf.Tensor2D): tf.Tensor {
    return this.noise.variance(features);
  }
}
tf.serialization.registerClass(VbllHeteroscedasticClassification);

/**
 * A last layer for classes whose logits have noise that depends on the input: inputs with ambiguous labels are told from
 * inputs that are unknown (Harrison, Willes and Snoek 2024).
 *
 *     logit_k = w_k^T phi + s_k noise_k,  log s_k^2 = v_k^T phi,  q(w_k | s_k) = N(mean_k, s_k^2 S_k),  q(v_k) = N(m_k, V_k)
 *     prior: w_k | s_k ~ N(0, s_k^2 I / priorPrecision),  v_k ~ N(0, I / noisePriorPrecision)
 *
 * Jensen's inequality gives no bound here, as `E exp(s^2)` is infinite; see {@link VbllClassificationOptions.bound}.
 * `priorPrecision` defaults to D. Output and targets as for `vbllClassification`. Predictions take the noise at its mean
 * variance, so that they stay in closed form.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllHeteroscedasticClassification, vbllPosterior} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([30, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'), 2), 'float32');
 * const head = vbllHeteroscedasticClassification({units: 2, trainSize: 30});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss, metrics: ['accuracy']});
 * await model.fit(x, y, {epochs: 2, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function vbllHeteroscedasticClassification(
  options: VbllClassificationOptions & VbllHeteroscedasticOptions,
): VbllHeteroscedasticClassification {
  return new VbllHeteroscedasticClassification(options);
}
