import * as tf from '@tensorflow/tfjs-core';
import {ConfigError, ShapeError} from '../../../src/errors.ts';
import {DeterministicFamily} from './deterministic.ts';
import type {AddVariable, FamilyStart, WeightFamily} from './family.ts';
import {fullSpread} from './full.ts';
import {LocationFamily, type Spread} from './location-family.ts';
import {lowRankSpread} from './low-rank.ts';
import {matrixNormalSpread} from './matrix-normal.ts';
import {meanFieldSpread} from './mean-field.ts';
import {checkFloor, LEAST_SCALE} from './positive.ts';
import {radialSpread} from './radial.ts';
import {RankOneFamily} from './rank-one.ts';

/** Names of the families that stand ready. */
export type FamilyName = 'mean-field' | 'full' | 'matrix-normal' | 'low-rank' | 'radial' | 'rank-1' | 'deterministic';

/** What brings a family back, as `getConfig` of a layer keeps it: plain JSON. */
export interface FamilyConfig {
  /** Name of the kind in the registry, such as `mean-field`. */
  readonly kind: FamilyName | (string & {});
  /** Least standard deviation, added to the softplus of what is trained. Default 1e-8. */
  readonly floor?: number;
  /** Columns of the factor of `low-rank`. Default 4. */
  readonly rank?: number;
  /** Standard deviation of the factors of `rank-1` about 1 under their prior. Default 0.1. */
  readonly factorScale?: number;
  /** Options of a kind that {@link registerFamily} made known. */
  readonly [option: string]: unknown;
}

/** How an option asks for a family: by name, with its defaults, or by config. */
export type FamilyChoice = FamilyName | (string & {}) | FamilyConfig;

/** Makes the family of one weight: its parameters through `addVariable`, which calls `initial` before it returns. */
export type FamilyBuilder = (
  config: FamilyConfig,
  shape: number[],
  addVariable: AddVariable,
  start: FamilyStart,
) => WeightFamily;

type SpreadBuilder = (
  config: FamilyConfig,
  shape: number[],
  addVariable: AddVariable,
  scale: tf.Tensor,
  floor: number,
) => Spread;

/** A mean of its own, then the parameters of the spread. */
function aboutMean(build: SpreadBuilder): FamilyBuilder {
  return (config, shape, addVariable, start) => {
    const floor = checkFloor(config.floor ?? LEAST_SCALE);
    const mean = addVariable('mean', shape, () => tf.clone(start.mean));
    const scale = tf.tidy(() => tf.mul(tf.onesLike(start.mean), start.scale));
    try {
      return new LocationFamily(shape, mean, build(config, shape, addVariable, scale, floor));
    } finally {
      scale.dispose();
    }
  };
}

const BUILT_IN: Readonly<Record<FamilyName, FamilyBuilder>> = {
  'mean-field': aboutMean((_, ...rest) => meanFieldSpread(...rest)),
  full: aboutMean((_, ...rest) => fullSpread(...rest)),
  'matrix-normal': aboutMean((_, ...rest) => matrixNormalSpread(...rest)),
  'low-rank': aboutMean(({rank = 4}, ...rest) => lowRankSpread(...rest, rank)),
  radial: aboutMean((_, ...rest) => radialSpread(...rest)),
  'rank-1': ({factorScale = 0.1, floor}, shape, addVariable, start) => {
    if (!(factorScale > 0 && Number.isFinite(factorScale))) {
      throw new ConfigError(
        `createFamily: expected factorScale to be above 0, got ${factorScale}. Leave it out for 0.1.`,
      );
    }
    return new RankOneFamily(shape, addVariable, start, {factorScale, floor: checkFloor(floor ?? LEAST_SCALE)});
  },
  deterministic: (_, ...rest) => new DeterministicFamily(...rest),
};
const registered = new Map<string, FamilyBuilder>(Object.entries(BUILT_IN));

/** Options of the built-in kinds. */
const OPTIONS: Readonly<Record<FamilyName, readonly string[]>> = {
  'mean-field': ['floor'],
  full: ['floor'],
  'matrix-normal': ['floor'],
  'low-rank': ['floor', 'rank'],
  radial: ['floor'],
  'rank-1': ['floor', 'factorScale'],
  deterministic: [],
};

/**
 * Makes a variational family of one's own known by name, so that layers can use it and saved models that do can be loaded.
 *
 * @param kind The `kind` of its config; registering a kind again replaces the former.
 * @param build Makes the family of one weight.
 * @throws ConfigError if the kind is one of ours.
 *
 * @example
 * ```ts
 * import {initBackend} from 'tfjs-bayes';
 * import {bayesDense, createFamily, registerFamily} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * registerFamily('narrow', (config, shape, addVariable, {mean}) =>
 *   createFamily('mean-field', shape, addVariable, {mean, scale: 0.001}),
 * );
 * console.log(bayesDense({units: 2, trainSize: 100, family: 'narrow'}).getConfig().family);   // { kind: 'narrow' }
 * ```
 */
export function registerFamily(kind: string, build: FamilyBuilder): void {
  if (kind in BUILT_IN) {
    throw new ConfigError(
      `registerFamily: expected a new kind, got '${kind}', which is built in. Choose another name.`,
    );
  }
  registered.set(kind, build);
}

/**
 * The config that an option asks for.
 *
 * @throws ConfigError if no family of that kind is registered, or a built-in one has no such option; `caller` is named.
 */
export function resolveFamily(choice: FamilyChoice, caller: string): FamilyConfig {
  const config = typeof choice === 'string' ? {kind: choice} : choice;
  if (registered.has(config?.kind)) return checkOptions(config, caller);
  const known = [...registered.keys()].map((kind) => `'${kind}'`).join(', ');
  throw new ConfigError(
    `${caller}: expected the kind of a variational family (${known}), got '${config?.kind ?? String(choice)}'. ` +
      'Choose one of these, or make your own known with registerFamily(kind, build).',
  );
}

/** Refuses options that a built-in family does not have: a misspelled one would leave its default in place. */
function checkOptions(config: FamilyConfig, caller: string): FamilyConfig {
  const {kind, ...options} = config;
  if (!Object.hasOwn(OPTIONS, kind)) return config;
  const known = OPTIONS[kind as FamilyName];
  const other = Object.keys(options).find((key) => !known.includes(key));
  if (other === undefined) return config;
  const names = known.length > 0 ? known.map((key) => `'${key}'`).join(', ') : 'none';
  throw new ConfigError(
    `${caller}: expected the options of the variational family '${kind}' (${names}), got '${other}'. Choose among these.`,
  );
}

/**
 * Makes q(w), the approximate posterior of one weight of a layer.
 *
 *     'mean-field'     w = mean + scale * eps, every element on its own (Blundell et al. 2015)
 *     'full'           w = mean + diag(scale) U eps, one covariance over all elements; at most 2048 of them
 *     'matrix-normal'  W = mean + A E B^T, correlated rows and columns (Louizos and Welling 2016); at most 2048 of each
 *     'low-rank'       w = mean + scale * (eps + V z), z of `rank` elements
 *     'radial'         w = mean + scale * (u / |u|) r, draws near the mean in many dimensions (Farquhar et al. 2020)
 *     'rank-1'         w = mean * (r s^T), a point for the mean, Gaussian factors about 1 (Dusenberry et al. 2020)
 *     'deterministic'  w = mean, without a KL divergence
 *
 * Scales are softplus(rho) + floor; U, and the factors of A and B, are unit lower triangles times scales; A and B are correlated
 * over all axes but the last, and over the last. The KL divergence is the prior's cross entropy less the entropy of the family,
 * which is exact for each of them; the cross entropy is exact for a Gaussian or empirical Bayes prior, and for a Laplace prior where
 * elements are Gaussian; else it is estimated from one draw. `rank-1` pays for its factors alone, with the prior N(1, factorScale^2).
 *
 * @param choice Name or config of the family.
 * @param shape Shape of the weight.
 * @param addVariable Creates a parameter; it must call `initial` before it returns, and owns the tensor.
 * @param start Where the family starts: `mean` in the shape of the weight, `scale` above 0, the marginal standard deviations.
 * Both stay the caller's.
 * @throws ConfigError for an unknown kind, an option that is wrong or not the family's, or a scale that is not above 0; ShapeError
 * for a start in another shape or a weight that is too large for the family.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {LayerVariable} from '@tensorflow/tfjs-layers';
 * import {createRng, gaussianPrior, initBackend} from 'tfjs-bayes';
 * import {type AddVariable, createFamily} from 'tfjs-bayes/layers';
 * await initBackend({prefer: 'cpu'});
 * const add: AddVariable = (suffix, shape, initial) => new LayerVariable(initial(), 'float32', suffix);
 * const family = createFamily('mean-field', [1], add, {mean: tf.tensor([1]), scale: 0.5});
 * const divergence = family.klDivergence(gaussianPrior(), createRng(0));
 * console.log((await divergence.data())[0]?.toFixed(4));   // 0.8181
 * ```
 */
export function createFamily(
  choice: FamilyChoice,
  shape: readonly number[],
  addVariable: AddVariable,
  start: FamilyStart,
): WeightFamily {
  const config = resolveFamily(choice, 'createFamily');
  if (!tf.util.arraysEqual(start.mean.shape, [...shape])) {
    throw new ShapeError(
      `createFamily: expected a start of shape [${shape.join(', ')}], got [${start.mean.shape.join(', ')}]. ` +
        'Start at a tensor in the shape of the weight.',
    );
  }
  if (typeof start.scale === 'number' && !(start.scale > 0 && Number.isFinite(start.scale))) {
    throw new ConfigError(
      `createFamily: expected a scale above 0 to start at, got ${start.scale}. Pass a standard deviation.`,
    );
  }
  return (registered.get(config.kind) as FamilyBuilder)(config, [...shape], addVariable, start);
}
