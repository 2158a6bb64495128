import {ConfigError} from '../../src/errors.ts';
import {createPrior, type Prior, type PriorChoice} from '../../src/priors/index.ts';
import {type FamilyChoice, type FamilyConfig, resolveFamily} from './families/index.ts';

/**
 * How the noise of the weights enters a training pass.
 *
 * - `'reparameterization'`: one draw of the weights for the whole batch (Blundell et al. 2015). Every family and kind of layer.
 * - `'local-reparameterization'`: draws the pre-activations instead, every position of every example on its own (Kingma,
 *   Salimans and Welling 2015). Least noise in the gradient; not for recurrent layers, where noise that is new at every step
 *   is another law than weights that stay.
 * - `'flipout'`: one draw for the batch, whose signs are turned for every example (Wen et al. 2018). Also recurrent layers.
 *
 * The last two need a family whose elements are independent.
 */
export type Estimator = 'reparameterization' | 'local-reparameterization' | 'flipout';

/** What makes a layer variational; `getConfig` keeps all of it. */
export interface VariationalOptions {
  /** Number of training examples N: the KL divergence counts KL / N in the mean loss of a batch. */
  readonly trainSize: number;
  /** How noise enters training. Default `'flipout'` where family and layer allow it, else `'reparameterization'`. */
  readonly estimator?: Estimator;
  /** Family of the approximate posterior of each weight: a name or config. Default `'mean-field'`. */
  readonly family?: FamilyChoice;
  /** Prior of every weight that has a posterior. Default N(0, 1). */
  readonly prior?: PriorChoice;
  /** Family of the biases; `'deterministic'` (default) trains them as ever. */
  readonly bias?: FamilyChoice;
  /** Standard deviation that the posterior of a new layer starts at. Default 0.05. */
  readonly initialScale?: number;
  /** Factor of the KL divergence, such as 0.1 for a cold posterior; schedules multiply it. Default 1. */
  readonly klWeight?: number;
  /** Seed of the noise; every layer takes its own stream of it, by its name. Default 0. */
  readonly seed?: number;
}

/** Options with their defaults. */
export interface ResolvedOptions {
  readonly trainSize: number;
  readonly estimator: Estimator | undefined;
  readonly family: FamilyConfig;
  readonly prior: Prior;
  readonly bias: FamilyConfig | undefined;
  readonly initialScale: number;
  readonly klWeight: number;
  readonly seed: number;
}

const ESTIMATORS: readonly Estimator[] = ['reparameterization', 'local-reparameterization', 'flipout'];
const DETERMINISTIC = 'deterministic';

/** The options of a layer's config, checked. `caller` is named in errors. */
export function resolveOptions(options: VariationalOptions, caller: string): ResolvedOptions {
  const {trainSize, estimator, family = 'mean-field', prior = 'gaussian', bias = DETERMINISTIC} = options;
  const {initialScale = 0.05, klWeight = 1, seed = 0} = options;
  if (estimator !== undefined && !ESTIMATORS.includes(estimator)) {
    throw new ConfigError(
      `${caller}: expected estimator to be one of '${ESTIMATORS.join("', '")}', got '${String(estimator)}'. Leave it out.`,
    );
  }
  const biasFamily = (typeof bias === 'string' ? bias : bias.kind) === DETERMINISTIC ? undefined : bias;
  return {
    trainSize: checkNumber(trainSize, 'trainSize', 'the number of training examples', caller, 1),
    estimator,
    family: resolveFamily(family, caller),
    prior: createPrior(prior),
    bias: biasFamily && resolveFamily(biasFamily, caller),
    initialScale: checkNumber(initialScale, 'initialScale', 'a standard deviation above 0', caller, Number.MIN_VALUE),
    klWeight: checkNumber(klWeight, 'klWeight', 'a factor of 0 or more', caller, 0),
    seed: checkNumber(seed, 'seed', 'a finite number', caller, -Infinity),
  };
}

/** What `getConfig` keeps: JSON from which `resolveOptions` makes the same. */
export function optionsConfig(options: ResolvedOptions): Omit<VariationalOptions, 'prior'> & {prior: object} {
  const {estimator, prior, bias, ...rest} = options;
  return {...rest, ...(estimator && {estimator}), prior: prior.getConfig(), bias: bias ?? DETERMINISTIC};
}

function checkNumber(value: unknown, name: string, what: string, caller: string, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
  throw new ConfigError(`${caller}: expected ${name} to be ${what}, got ${String(value)}. Pass ${what}.`);
}
