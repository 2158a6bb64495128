import {ConfigError} from '../errors.ts';
import type {HeadKind} from '../models/head.ts';
import {bernoulli} from './bernoulli.ts';
import {categorical} from './categorical.ts';
import {gaussian} from './gaussian.ts';
import {heteroscedasticGaussian} from './heteroscedastic-gaussian.ts';
import type {Likelihood} from './likelihood.ts';
import {poisson} from './poisson.ts';
import {studentT} from './student-t.ts';

/** A likelihood as plain JSON: its name and its numbers. */
export interface LikelihoodConfig {
  /** Name under which the likelihood is registered. */
  readonly name: string;
  /** Its numbers. */
  readonly [key: string]: unknown;
}

/** Names by which a likelihood can be asked for; the last two stand for `'categorical'` and `'gaussian'`. */
export type LikelihoodName =
  | 'categorical'
  | 'bernoulli'
  | 'gaussian'
  | 'heteroscedastic-gaussian'
  | 'poisson'
  | 'student-t'
  | 'classification'
  | 'regression';

/** How an option asks for a likelihood: by a built-in name, by one of {@link registerLikelihood}, or as an object. */
export type LikelihoodChoice = LikelihoodName | (string & {}) | Likelihood;

const REQUIRED = ['prepareTargets', 'negLogProb', 'fisher', 'predictive'] as const;

const BUILT_IN: ReadonlyMap<string, (config: LikelihoodConfig) => Likelihood> = new Map([
  ['categorical', (): Likelihood => categorical()],
  ['bernoulli', (): Likelihood => bernoulli()],
  ['gaussian', readGaussian],
  ['heteroscedastic-gaussian', (): Likelihood => heteroscedasticGaussian()],
  ['poisson', (): Likelihood => poisson()],
  ['student-t', readStudentT],
]);
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['classification', 'categorical'],
  ['regression', 'gaussian'],
]);
const HEAD_OF: ReadonlyMap<string, HeadKind> = new Map([
  ['categorical', 'softmax'],
  ['bernoulli', 'sigmoid'],
]);
const registered = new Map<string, (config: LikelihoodConfig) => Likelihood>(BUILT_IN);

/**
 * Makes a likelihood of one's own known by name, so that saved posteriors that use it can be loaded.
 *
 * @param name its `name`, and that of its config; registering a name again replaces the former.
 * @param fromConfig rebuilds it from what its `getConfig` returned.
 * @throws ConfigError if the name is one of ours.
 *
 * @example
 * ```ts
 * import {gaussian, likelihoodFromConfig, registerLikelihood} from 'tfjs-bayes';
 * registerLikelihood('precise', () => ({...gaussian({noiseScale: 0.01}), name: 'precise', getConfig: () => ({name: 'precise'})}));
 * console.log(likelihoodFromConfig({name: 'precise'}).noiseScale);   // 0.01
 * ```
 */
export function registerLikelihood(name: string, fromConfig: (config: LikelihoodConfig) => Likelihood): void {
  if (BUILT_IN.has(name) || SYNONYMS.has(name)) {
    throw new ConfigError(
      `registerLikelihood: expected a new name, got '${name}', which is built in. Choose another name.`,
    );
  }
  registered.set(name, fromConfig);
}

/**
 * Rebuilds a likelihood from what its `getConfig` returned.
 *
 * @throws ConfigError if no likelihood of that name is registered, or its numbers are missing.
 *
 * @example
 * ```ts
 * import {likelihoodFromConfig} from 'tfjs-bayes';
 * console.log(likelihoodFromConfig({name: 'gaussian', noiseScale: 0.3}).noiseScale);   // 0.3
 * ```
 */
export function likelihoodFromConfig(config: LikelihoodConfig): Likelihood {
  const fromConfig = registered.get(config.name);
  if (fromConfig === undefined) {
    throw new ConfigError(
      `likelihoodFromConfig: expected the name of a likelihood (${listNames(registered)}), got '${config.name}'. ` +
        'Register your own with registerLikelihood(name, fromConfig) before loading.',
    );
  }
  return fromConfig(config);
}

/**
 * The likelihood that an option asks for: an object passes through, a name is looked up, nothing means that of the head.
 *
 * @param likelihood a name, a likelihood, or undefined: categorical for a softmax head, bernoulli for a sigmoid head.
 * @param head what the model ends in.
 * @param caller named in errors.
 * @throws ConfigError if the name is unknown, does not fit the head, or is missing for a linear head; or if an
 * object lacks what a likelihood must have.
 *
 * @example
 * ```ts
 * import {resolveLikelihood} from 'tfjs-bayes';
 * console.log(resolveLikelihood(undefined, 'softmax', 'example').name);      // categorical
 * console.log(resolveLikelihood('regression', 'linear', 'example').name);    // gaussian
 * ```
 */
export function resolveLikelihood(
  likelihood: LikelihoodChoice | undefined,
  head: HeadKind,
  caller: string,
): Likelihood {
  if (likelihood === undefined) return ofHead(head, caller);
  const given = typeof likelihood === 'string' ? named(likelihood, caller) : checkLikelihood(likelihood, caller);
  const wanted = HEAD_OF.get(given.name) ?? (BUILT_IN.has(given.name) ? 'linear' : head);
  if (head !== 'linear' && head !== wanted) {
    throw new ConfigError(
      `${caller}: expected a likelihood for a model that ends in a ${head}, got '${given.name}'. ` +
        `The ${head} is split off, so f would be its logits: leave likelihood out, or end the model in a linear layer.`,
    );
  }
  return given;
}

function checkLikelihood(likelihood: Likelihood, caller: string): Likelihood {
  const given: Partial<Likelihood> | null = likelihood;
  const missing = REQUIRED.filter((method) => typeof given?.[method] !== 'function');
  if (missing.length === 0) return likelihood;
  const got = typeof given === 'object' && given !== null ? `an object without ${missing.join(', ')}` : String(given);
  throw new ConfigError(
    `${caller}: expected likelihood to be a name or a Likelihood, got ${got}. ` +
      "Pass a name such as 'categorical', or an object with every member that Likelihood requires.",
  );
}

function ofHead(head: HeadKind, caller: string): Likelihood {
  if (head === 'softmax') return categorical();
  if (head === 'sigmoid') return bernoulli();
  throw new ConfigError(
    `${caller}: expected likelihood to be named, got none for a model with a linear output. ` +
      "Pass likelihood: 'gaussian' for numbers, 'poisson' for counts, 'categorical' or 'bernoulli' where the outputs are logits.",
  );
}

function named(name: string, caller: string): Likelihood {
  const fromConfig = registered.get(SYNONYMS.get(name) ?? name);
  if (fromConfig === undefined) {
    throw new ConfigError(
      `${caller}: expected likelihood to be one of ${listNames(registered)}, 'classification', 'regression' or a ` +
        `Likelihood, got '${name}'. Choose one of these, or pass an object of your own.`,
    );
  }
  return fromConfig({name: SYNONYMS.get(name) ?? name});
}

function readGaussian({noiseScale = 1}: LikelihoodConfig): Likelihood {
  const isList = Array.isArray(noiseScale) && noiseScale.every((one) => typeof one === 'number');
  if (typeof noiseScale !== 'number' && !isList) {
    throw new ConfigError(
      `likelihoodFromConfig: expected noiseScale to be a number or a list of them, got ${String(noiseScale)}. ` +
        'Save the posterior again.',
    );
  }
  return gaussian({noiseScale});
}

function readStudentT({df = 4, scale = 1}: LikelihoodConfig): Likelihood {
  if (typeof df !== 'number' || typeof scale !== 'number') {
    throw new ConfigError(
      `likelihoodFromConfig: expected df and scale to be numbers, got ${String(df)} and ${String(scale)}. ` +
        'Save the posterior again.',
    );
  }
  return studentT({df, scale});
}

function listNames(names: ReadonlyMap<string, unknown>): string {
  return [...names.keys()].map((name) => `'${name}'`).join(', ');
}
