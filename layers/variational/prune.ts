import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import {signalToNoise} from './families/index.ts';
import {findVariational} from './find.ts';

/** What {@link pruneBySignalToNoise} takes: a share of the weights, or a least ratio. */
export type PruneOptions =
  | {
      /** Share of the weights to prune, those of the least signal-to-noise ratio, from 0 to below 1. */
      readonly fraction: number;
    }
  | {
      /** Weights whose signal-to-noise ratio is below this are pruned. */
      readonly threshold: number;
    };

/** What was pruned. */
export interface Pruned {
  /** Number of pruned weights. */
  readonly pruned: number;
  /** Number of weights that have a posterior. */
  readonly total: number;
  /** The signal-to-noise ratio below which weights were pruned. */
  readonly threshold: number;
}

/** Standard deviation of a pruned weight. */
const PRUNED_SCALE = 1e-8;

/**
 * Prunes the weights that the posterior knows least about (Blundell et al. 2015): those of the least
 *
 *     |mean| / standard deviation
 *
 * over all weights of the model that have a posterior become 0, with standard deviation 1e-8. Changes the model. For prediction:
 * a pruned weight may come back in further training, and its narrow posterior costs some 18 nats of KL divergence.
 *
 * @param model A model with variational layers of the family `'mean-field'`.
 * @param options Either `fraction` or `threshold`.
 * @throws ConfigError for a model without variational layers, another family, whose weights hang together, or options out of
 * range.
 *
 * @example
 * ```ts
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, pruneBySignalToNoise} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const model = tfl.sequential({layers: [bayesDense({units: 4, inputShape: [5], trainSize: 100})]});
 * const {pruned, total} = await pruneBySignalToNoise(model, {fraction: 0.5});
 * console.log(pruned, total);   // 10 20
 * ```
 */
export async function pruneBySignalToNoise(model: tfl.LayersModel, options: PruneOptions): Promise<Pruned> {
  const weights = findVariational(model.layers).flatMap(({q}) => q.all.map((weight) => ({q, weight})));
  checkFamilies(weights.map(({q, weight}) => q.familyOf(weight.name)?.kind));
  const ratios = await Promise.all(weights.map(async ({weight}) => read(signalToNoise(weight.family))));
  const threshold = 'threshold' in options ? options.threshold : quantile(ratios, options.fraction);
  if (!(threshold >= 0)) throw outOfRange(options);
  let pruned = 0;
  for (const [i, {q, weight}] of weights.entries()) {
    const keep = Float32Array.from(ratios[i] as ArrayLike<number>, (ratio) => (ratio < threshold ? 0 : 1));
    pruned += keep.reduce((count, one) => count + 1 - one, 0);
    tf.tidy(() => {
      const mask = tf.tensor(keep, [...weight.shape]);
      const scale = tf.maximum(tf.mul(tf.sqrt(weight.family.variance()), mask), PRUNED_SCALE);
      q.restart(weight, {mean: tf.mul(weight.family.mean(), mask), scale});
    });
  }
  return {pruned, total: ratios.reduce((sum, {length}) => sum + length, 0), threshold};
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}

/** The ratio that a share of all ratios lies below. */
function quantile(ratios: readonly Float32Array[], fraction: number): number {
  if (!(fraction >= 0 && fraction < 1)) throw outOfRange({fraction});
  const all = Float32Array.from(ratios.flatMap((part) => Array.from(part))).sort();
  return all[Math.round(fraction * all.length)] ?? Infinity;
}

function checkFamilies(kinds: readonly (string | undefined)[]): void {
  const other = kinds.length === 0 ? 'no variational layer' : kinds.find((kind) => kind !== 'mean-field');
  if (other === undefined) return;
  throw new ConfigError(
    `pruneBySignalToNoise: expected layers of the family 'mean-field', got ${other}. Prune models of that family.`,
  );
}

function outOfRange(options: object): ConfigError {
  return new ConfigError(
    `pruneBySignalToNoise: expected a fraction from 0 to below 1, or a threshold of 0 or more, got ${JSON.stringify(options)}. ` +
      'Pass {fraction: 0.5}, for example.',
  );
}
