import {ConfigError} from '../errors.ts';
import {type EmpiricalBayesPriorOptions, empiricalBayesPrior} from './empirical-bayes.ts';
import {type GaussianPriorOptions, gaussianPrior} from './gaussian.ts';
import {type HorseshoePriorOptions, horseshoePrior} from './horseshoe.ts';
import {type LaplacePriorOptions, laplacePrior} from './laplace.ts';
import type {Prior, PriorConfig} from './prior.ts';
import {type ScaleMixturePriorOptions, scaleMixturePrior} from './scale-mixture.ts';
import {type StudentTPriorOptions, studentTPrior} from './student-t.ts';

/** Names of the priors that stand ready. */
export type PriorName = 'gaussian' | 'scale-mixture' | 'laplace' | 'student-t' | 'horseshoe' | 'empirical-bayes';

/** How an option asks for a prior: by name, with its defaults; by config; or as an object. */
export type PriorChoice = PriorName | (string & {}) | PriorConfig | Prior;

// Each factory checks its own parameters, so that a config from a file may be handed to it as it is.
const BUILT_IN: Readonly<Record<PriorName, (config: PriorConfig) => Prior>> = {
  gaussian: (config) => gaussianPrior(config as GaussianPriorOptions),
  'scale-mixture': (config) => scaleMixturePrior(config as ScaleMixturePriorOptions),
  laplace: (config) => laplacePrior(config as LaplacePriorOptions),
  'student-t': (config) => studentTPrior(config as StudentTPriorOptions),
  horseshoe: (config) => horseshoePrior(config as HorseshoePriorOptions),
  'empirical-bayes': (config) => empiricalBayesPrior(config as EmpiricalBayesPriorOptions),
};
const registered = new Map<string, (config: PriorConfig) => Prior>(Object.entries(BUILT_IN));

/**
 * Makes a prior of one's own known by name, so that saved models that use it can be loaded.
 *
 * @param kind Its `kind`, and that of its config; registering a kind again replaces the former.
 * @param fromConfig Rebuilds it from what its `getConfig` returned.
 * @throws ConfigError if the kind is one of ours.
 *
 * @example
 * ```ts
 * import {createPrior, gaussianPrior, registerPrior} from 'tfjs-bayes';
 * registerPrior('narrow', () => ({...gaussianPrior({scale: 0.1}), kind: 'narrow', getConfig: () => ({kind: 'narrow'})}));
 * console.log(createPrior('narrow').kind);   // narrow
 * ```
 */
export function registerPrior(kind: string, fromConfig: (config: PriorConfig) => Prior): void {
  if (kind in BUILT_IN) {
    throw new ConfigError(`registerPrior: expected a new kind, got '${kind}', which is built in. Choose another name.`);
  }
  registered.set(kind, fromConfig);
}

/**
 * The prior that an option asks for: an object passes through, a name means its defaults, a config is what `getConfig` returned.
 *
 * @param choice `'gaussian'` and its kin, a config such as `{kind: 'gaussian', scale: 0.5}`, or a {@link Prior}.
 * @throws ConfigError if no prior of that kind is registered, or its parameters are wrong or, for a kind of ours, unknown.
 *
 * @example
 * ```ts
 * import {createPrior} from 'tfjs-bayes';
 * console.log(createPrior({kind: 'gaussian', scale: 0.5}).getConfig());   // { kind: 'gaussian', mean: 0, scale: 0.5 }
 * ```
 */
export function createPrior(choice: PriorChoice): Prior {
  if (typeof choice === 'object' && choice !== null && 'logProb' in choice) return choice as Prior;
  const config = typeof choice === 'string' ? {kind: choice} : choice;
  const fromConfig = registered.get(config?.kind);
  if (fromConfig !== undefined) {
    const prior = fromConfig(config);
    if (config.kind in BUILT_IN) checkKeys(config, prior);
    return prior;
  }
  const known = [...registered.keys()].map((kind) => `'${kind}'`).join(', ');
  throw new ConfigError(
    `createPrior: expected a prior, or the kind of one (${known}), got '${config?.kind ?? String(choice)}'. ` +
      'Choose one of these, or make your own known with registerPrior(kind, fromConfig).',
  );
}

/** Refuses parameters that a built-in prior does not have: a misspelled one would leave its default in place. */
function checkKeys(config: PriorConfig, prior: Prior): void {
  const {kind, ...known} = prior.getConfig();
  const other = Object.keys(config).find((key) => key !== 'kind' && !(key in known));
  if (other === undefined) return;
  const names = Object.keys(known)
    .map((key) => `'${key}'`)
    .join(', ');
  throw new ConfigError(
    `createPrior: expected the parameters of the prior '${kind}' (${names}), got '${other}'. Choose among these.`,
  );
}
