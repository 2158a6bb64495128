import type * as tfl from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {VbllBound} from './bounds.ts';
import type {VbllCovariance} from './covariance.ts';

/** What every tfjs layer takes. */
export type LayerOptions = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/** Options of every VBLL head. */
export interface VbllOptions extends LayerOptions {
  /** Number of outputs or classes K. */
  units: number;
  /**
   * Number of training targets, by which the divergence from the prior is divided: N examples with outputs [N, K], N T of
   * them with [N, T, K], since the loss is the mean over them all.
   */
  trainSize: number;
  /**
   * How the posterior covariance of each output's D weights is written down. `'dense'` keeps all of it and needs D^2 numbers
   * per output; `'diagonal'` and `'low-rank'` are linear in D and in the number of outputs; `'dense-precision'` is slow to
   * train. Default `'dense'` for regression, `'diagonal'` for classification.
   */
  covariance?: VbllCovariance;
  /** Columns of the low-rank factor. Default 3. */
  rank?: number;
  /** Prior precision of each weight. Default D for regression, D / 2 for classification, 1 for class means. */
  priorPrecision?: number;
  /** Scale of the inverse Wishart prior of the noise. Default 0.01 for regression, 1 for classification. */
  wishartScale?: number;
  /** Degrees of freedom of that prior. Default 1. */
  dof?: number;
  /** Fixes the standard deviation of the noise instead of training it. Default: trained. */
  noiseScale?: number;
  /**
   * `'corrected'` (default) trains the evidence lower bound. `'reference'` trains the objective of the authors' code, for
   * parity only: it averages over outputs, weighs each output's variance by all outputs' precisions and drops a constant.
   */
  objective?: VbllObjective;
  /** Seed of the initial weights. Default: another start each time. */
  seed?: number;
}

/** Options of the heads for classes that bound the expected log-probability. */
export interface VbllClassificationOptions extends VbllOptions {
  /**
   * How the expected log-sum-exp of the logits is bounded. `'jensen'`, default and only for `vbllClassification`:
   * `logsumexp_k(m_k + v_k / 2)` for variances v. `'reduced-knowles-minka'`, default of the others: a quadratic bound with a
   * trained tilt (Knowles and Minka, 2011), tighter for large variances. `'semi-monte-carlo'`, not for `vbllClassification`:
   * Jensen's, at one noise drawn for each example; unbiased, and noisy.
   */
  bound?: VbllBound;
}

/** Options of the heads whose noise depends on the input. */
export interface VbllHeteroscedasticOptions extends VbllOptions {
  /** Prior precision of each weight of the logarithm of the noise variance. Default 100 D: noise near 1. */
  noisePriorPrecision?: number;
}

/** Which objective a head trains. */
export type VbllObjective = 'corrected' | 'reference';

/** Defaults that differ between heads. */
export interface HeadDefaults {
  readonly covariance: VbllCovariance;
  readonly supported: readonly VbllCovariance[];
  readonly wishartScale: number;
  /** Default 1. */
  readonly dof?: number;
  /** The bounds that there are, the default first; none where the head needs none. */
  readonly bounds?: readonly VbllBound[];
  /** Whether `noiseScale` may be fixed. Default true. */
  readonly fixesNoise?: boolean;
}

/** Options with every default in place. */
export interface ResolvedOptions {
  readonly units: number;
  readonly trainSize: number;
  readonly covariance: VbllCovariance;
  readonly rank: number;
  /** Undefined where it follows from the number of features. */
  readonly priorPrecision: number | undefined;
  readonly wishartScale: number;
  readonly dof: number;
  readonly noiseScale: number | undefined;
  readonly objective: VbllObjective;
  readonly seed: number | undefined;
  /** Undefined where the head needs none. */
  readonly bound: VbllBound | undefined;
  readonly noisePriorPrecision: number | undefined;
}

/** Checks options and fills defaults in. Throws `ConfigError`, naming `caller`. */
export function resolveOptions(
  options: VbllOptions & Partial<VbllClassificationOptions & VbllHeteroscedasticOptions>,
  defaults: HeadDefaults,
  caller: string,
): ResolvedOptions {
  const {covariance = defaults.covariance, objective = 'corrected', rank = 3, dof = defaults.dof ?? 1} = options;
  const {units, trainSize, wishartScale = defaults.wishartScale} = options;
  requireCount(units, 'units', caller);
  requireCount(rank, 'rank', caller);
  for (const [name, value] of Object.entries({trainSize, dof, wishartScale})) requirePositive(value, name, caller);
  for (const name of ['priorPrecision', 'noiseScale', 'noisePriorPrecision'] as const) {
    const value = options[name];
    if (value !== undefined) requirePositive(value, name, caller);
  }
  requireOneOf(covariance, defaults.supported, 'covariance', caller);
  requireOneOf(objective, ['corrected', 'reference'], 'objective', caller);
  const {priorPrecision, noiseScale, seed, bound = defaults.bounds?.[0], noisePriorPrecision} = options;
  if (bound !== undefined) requireOneOf(bound, defaults.bounds ?? [], 'bound', caller);
  if (noiseScale !== undefined && defaults.fixesNoise === false) {
    throw new ConfigError(
      `${caller}: expected no noiseScale, got ${noiseScale}: this head learns its noise. Leave it out.`,
    );
  }
  const prior = {priorPrecision, noisePriorPrecision, wishartScale, dof, noiseScale};
  return {units, trainSize, covariance, rank, objective, seed, bound, ...prior};
}

/** Throws unless a number is positive and finite. */
export function requirePositive(value: number, name: string, caller: string): void {
  if (Number.isFinite(value) && value > 0) return;
  const advice = name === 'trainSize' ? 'Give the number of training targets.' : 'Leave it out for the default.';
  throw new ConfigError(`${caller}: expected ${name} to be positive and finite, got ${value}. ${advice}`);
}

function requireCount(value: number, name: string, caller: string): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ConfigError(`${caller}: expected ${name} to be a whole number above 0, got ${value}. Count from 1.`);
}

/** Throws unless a value is among those that are known. */
export function requireOneOf<T>(value: T, known: readonly T[], name: string, caller: string): void {
  if (known.includes(value)) return;
  const list = known.map((one) => `'${one}'`).join(', ');
  throw new ConfigError(
    `${caller}: expected ${name} to be one of ${list}, got '${value}'. Leave it out for the default.`,
  );
}
