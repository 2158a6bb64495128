import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';
import {BernoulliPredictive} from './bernoulli.ts';
import {CategoricalPredictive} from './categorical.ts';
import {CountPredictive} from './count.ts';
import {GaussianPredictive} from './gaussian.ts';
import {MixturePredictive} from './mixture.ts';
import type {LatentGaussian} from './predictive.ts';
import {RecalibratedPredictive} from './recalibrated.ts';
import {StudentTPredictive} from './student-t.ts';
import {tidyObject} from './tidy.ts';

/** A prediction of any kind; `kind` tells which. */
export type Predictive =
  | CategoricalPredictive
  | BernoulliPredictive
  | GaussianPredictive
  | MixturePredictive
  | CountPredictive
  | StudentTPredictive
  | RecalibratedPredictive;

/**
 * Joins predictions of successive batches along their examples; the parts stay the caller's.
 *
 * Parts made with the same `rng` and the `offset` of each batch give what one prediction of the whole would give.
 *
 * @param parts at least one prediction, all of one kind; mixtures with the same number of members and the same weights.
 * @throws ConfigError if there is none, or the kinds differ.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {concatPredictives, gaussian, initBackend} from 'tfjs-bayes';
 * await initBackend({prefer: 'cpu'});
 * const [a, b] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[3]])];
 * const parts = [a, b].map((mean) => gaussian().predictive({mean}));
 * const whole = concatPredictives(parts);
 * const {mean} = await whole.toArrays();
 * console.log(mean.shape);                   // [3, 1]
 * tf.dispose([a, b]);
 * for (const predictive of [...parts, whole]) predictive.dispose();
 * ```
 */
export function concatPredictives<P extends Predictive>(parts: readonly P[]): P {
  const first = parts[0];
  if (first === undefined) {
    throw new ConfigError('concatPredictives: expected at least one prediction, got none. Predict at least one batch.');
  }
  const kinds = new Set(parts.map((part) => part.kind));
  if (kinds.size > 1) {
    throw new ConfigError(
      `concatPredictives: expected predictions of one kind, got ${[...kinds].join(' and ')}. Join each kind on its own.`,
    );
  }
  return concatSameKind(parts, first) as P;
}

function concatSameKind(parts: readonly Predictive[], first: Predictive): Predictive {
  if (first instanceof CategoricalPredictive) {
    const same = parts as readonly CategoricalPredictive[];
    return new CategoricalPredictive({...classFields(same), draws: first.draws});
  }
  if (first instanceof BernoulliPredictive) {
    const same = parts as readonly BernoulliPredictive[];
    const logComplements = join(pluck(same, 'logComplements'));
    return new BernoulliPredictive({...classFields(same), logComplements, draws: first.draws});
  }
  if (first instanceof GaussianPredictive) {
    const same = parts as readonly GaussianPredictive[];
    return new GaussianPredictive({
      mean: join(pluck(same, 'mean')),
      epistemicVariance: join(pluck(same, 'epistemicVariance')),
      aleatoricVariance: join(pluck(same, 'aleatoricVariance')),
      epistemicCovariance: joinAll(pluck(same, 'epistemicCovariance')),
    });
  }
  if (first instanceof CountPredictive) {
    const same = parts as readonly CountPredictive[];
    return new CountPredictive({
      means: join(pluck(same, 'means'), 1),
      variances: join(pluck(same, 'variances'), 1),
      weights: tf.clone(first.weights),
    });
  }
  if (first instanceof StudentTPredictive) {
    const same = parts as readonly StudentTPredictive[];
    return new StudentTPredictive({
      means: join(pluck(same, 'means'), 1),
      aleatoricSquaredScales: join(pluck(same, 'aleatoricSquaredScales'), 1),
      epistemicSquaredScales: join(pluck(same, 'epistemicSquaredScales'), 1),
      dfs: join(pluck(same, 'dfs'), 1),
      weights: tf.clone(first.weights),
    });
  }
  if (first instanceof RecalibratedPredictive) {
    const same = parts as readonly RecalibratedPredictive[];
    const base = concatPredictives<GaussianPredictive | MixturePredictive>(pluck(same, 'base'));
    return RecalibratedPredictive.of(base, first.map);
  }
  const same = parts as readonly MixturePredictive[];
  return tidyObject(
    () =>
      new MixturePredictive({
        means: join(pluck(same, 'means'), 1),
        variances: join(same.map(variancesOfEach), 1),
        weights: tf.clone(first.weights),
        memberEpistemicVariances: joinAll(pluck(same, 'memberEpistemicVariances'), 1),
      }),
  );
}

function classFields(parts: readonly (CategoricalPredictive | BernoulliPredictive)[]) {
  return {
    logProbs: join(pluck(parts, 'logProbs')),
    memberProbs: joinAll(pluck(parts, 'memberProbs'), 1),
    memberEntropy: joinAll(pluck(parts, 'memberEntropy')),
    latent: joinLatents(pluck(parts, 'latent')),
  };
}

function joinLatents(latents: readonly (LatentGaussian | undefined)[]): LatentGaussian | undefined {
  const known = latents.filter((latent) => latent !== undefined);
  if (known.length < latents.length) return undefined;
  const variance = joinAll(pluck(known, 'variance'));
  const covariance = joinAll(pluck(known, 'covariance'));
  return {mean: join(pluck(known, 'mean')), ...(variance && {variance}), ...(covariance && {covariance})};
}

/** Noise variances with an axis as long as there are examples, so that parts can be joined along it. */
function variancesOfEach({variances, means}: MixturePredictive): tf.Tensor {
  const shape = [...variances.shape];
  shape[1] = means.shape[1] ?? 1;
  return tf.broadcastTo(variances, shape);
}

function pluck<T, K extends keyof T>(parts: readonly T[], key: K): T[K][] {
  return parts.map((part) => part[key]);
}

function join(tensors: readonly tf.Tensor[], axis = 0): tf.Tensor {
  return tf.concat([...tensors], axis);
}

function joinAll(tensors: readonly (tf.Tensor | undefined)[], axis = 0): tf.Tensor | undefined {
  const known = tensors.filter((tensor) => tensor !== undefined);
  return known.length === tensors.length ? join(known, axis) : undefined;
}
