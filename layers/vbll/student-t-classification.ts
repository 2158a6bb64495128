import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../../src/errors.ts';
import {GammaNoise} from './gamma-noise.ts';
import {resolveOptions, type VbllClassificationOptions} from './options.ts';
import {ScaledClassification} from './scaled-classification.ts';

/** The layer that {@link vbllStudentTClassification} makes. */
export class VbllStudentTClassification extends ScaledClassification<GammaNoise> {
  /** Name under which the layer is saved. */
  static readonly className = 'BayesVbllStudentTClassification';

  constructor(options: VbllClassificationOptions) {
    const supported = ['diagonal', 'dense', 'low-rank', 'dense-precision'] as const;
    const bounds = ['reduced-knowles-minka', 'semi-monte-carlo'] as const;
    const defaults = {covariance: 'diagonal', supported, wishartScale: 1, dof: 2, bounds, fixesNoise: false} as const;
    const resolved = resolveOptions(options, defaults, 'vbllStudentTClassification');
    if (resolved.dof <= 1) {
      throw new ConfigError(
        `vbllStudentTClassification: expected dof above 1, got ${resolved.dof}. Leave it out for 2.`,
      );
    }
    super(options, resolved);
  }

  /** @internal */
  protected override createNoise(): GammaNoise {
    const {units: size, dof: shape, wishartScale: rate} = this.options;
    return new GammaNoise(this.weightMaker, {size, shape, rate, least: 1});
  }

  /** @internal */
  protected override priorPrecisionFor(inputs: number): number {
    const {dof, wishartScale} = this.options;
    return (inputs / 2) * (wishartScale / (dof - 1));
  }

  /** @internal */
  protected override referenceVariance(_features: tf.Tensor2D, precision: tf.Tensor): tf.Tensor {
    return tf.div(Math.E, precision);
  }
}
tf.serialization.registerClass(VbllStudentTClassification);

/**
 * A last layer for classes whose logits have noise of an uncertain scale: Student-t logits (Harrison, Willes and Snoek 2024).
 *
 *     logit_k = w_k^T phi + s_k noise_k,  q(1 / s_k^2) = Gamma(a_k, b_k) with a_k > 1,  q(w_k | s_k) = N(mean_k, s_k^2 S_k)
 *     prior: 1 / s_k^2 ~ Gamma(dof, wishartScale) and w_k | s_k ~ N(0, s_k^2 I / priorPrecision), in units of the noise
 *
 * Jensen's inequality gives no bound here, as `E exp(s^2)` is infinite; see {@link VbllClassificationOptions.bound}. `dof` must
 * be above 1, default 2; `priorPrecision` defaults to `D / 2 * wishartScale / (dof - 1)`. Output and targets as for
 * `vbllClassification`. Predictions take the noise at its typical variance, so that they stay in closed form.
 *
 * Throws `ConfigError` for options that it cannot use.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {vbllPosterior, vbllStudentTClassification} from 'tfjs-bayes/layers';
 *
 * await initBackend({prefer: 'cpu'});
 * const x = tf.randomNormal([30, 2], 0, 1, 'float32', 1);
 * const y = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(x, 1), 0), 'int32'), 2), 'float32');
 * const head = vbllStudentTClassification({units: 2, trainSize: 30});
 * const model = tfl.sequential({layers: [tfl.layers.dense({units: 8, activation: 'relu', inputShape: [2]}), head]});
 * model.compile({optimizer: 'adam', loss: head.loss, metrics: ['accuracy']});
 * await model.fit(x, y, {epochs: 2, verbose: 0});
 *
 * const predictive = await vbllPosterior(model).predict(x);
 * console.log(predictive.kind); // 'categorical'
 * predictive.dispose();
 * ```
 */
export function vbllStudentTClassification(options: VbllClassificationOptions): VbllStudentTClassification {
  return new VbllStudentTClassification(options);
}
