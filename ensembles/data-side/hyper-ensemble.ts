import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ConfigError} from '../../src/errors.ts';
import type {Json} from '../../src/io/index.ts';
import type {Likelihood} from '../../src/likelihoods/index.ts';
import type {Inputs} from '../../src/models/index.ts';
import {createRng, type Rng} from '../../src/random/index.ts';
import type {CheckpointTarget} from '../checkpoints.ts';
import {checkCount} from '../checks.ts';
import type {DeepEnsembleOptions, EnsembleFitOptions, MemberContext} from '../deep-ensemble-options.ts';
import {EnsemblePosterior} from '../ensemble-posterior.ts';
import {memberOutputs} from '../host.ts';
import {withResidualNoise} from '../likelihood.ts';
import {type TrainedEnsemble, trainEnsemble} from '../train-ensemble.ts';
import {selectGreedily} from './greedy-selection.ts';

/** What `create` of a hyper-ensemble is told. */
export interface HyperMemberContext<C> extends MemberContext {
  /** The hyperparameters to build and compile with. */
  readonly configuration: C;
}

/** Options of {@link hyperEnsemble}. */
export interface HyperEnsembleOptions<C> extends Omit<DeepEnsembleOptions, 'create' | 'worker' | 'resample'> {
  /** Builds and compiles a member of a configuration; weights may differ in value only. */
  readonly create: (context: HyperMemberContext<C>) => LayersModel | Promise<LayersModel>;
  /** Configurations to try, or a function that draws one. */
  readonly configurations: readonly C[] | ((rng: Rng) => C);
  /** How many a function draws. Default 10. */
  readonly trials?: number;
  /** `'greedy'` chooses members on `validationData`; `'random'` trains `members` configurations and keeps all. Default `'greedy'`. */
  readonly selection?: 'greedy' | 'random';
  /** Seeds with which the chosen configurations are trained anew before a second choice. Default 1: no second round. */
  readonly seeds?: number;
}

/** What {@link HyperEnsemble.fit} found. */
export interface HyperEnsembleResult<C> {
  /** The members that were chosen; one chosen twice counts twice. */
  readonly posterior: EnsemblePosterior;
  /** The configuration of each member. */
  readonly configurations: readonly C[];
  /** Negative log-likelihood per validation example, in nats; undefined for `'random'`. */
  readonly negativeLogLikelihood: number | undefined;
}

/** A hyper-ensemble that is yet to be trained; made by {@link hyperEnsemble}. */
export interface HyperEnsemble<C> {
  /**
   * Trains every configuration as `deepEnsemble` trains its members, and joins the chosen ones. `onProgress` tells of each
   * round anew; checkpoints of the second lie beside those of the first.
   *
   * @throws ConfigError for `'greedy'` without `validationData`, for checkpoints of configurations that JSON cannot hold, and for
   *   what `deepEnsemble` refuses; DataError if no member has a finite likelihood on `validationData`.
   */
  fit(x: Inputs, y: tf.Tensor, options?: EnsembleFitOptions): Promise<HyperEnsembleResult<C>>;
}

/**
 * Nets that differ in hyperparameters too (Wenzel, Snoek, Tran and Jenatton, 2020): trains a pool, one net for each
 * configuration, and chooses greedily with replacement the members whose mixture has the smallest negative log-likelihood on
 * held-out data, until there are `members` different ones or it falls no further. With `seeds` S above 1 the chosen
 * configurations are trained from S seeds each, and the choice is made among those.
 *
 * Where the likelihood is `'gaussian'` by name alone, the noise of members together is that of their own residuals, in the choice
 * as in the posterior.
 *
 * Configurations may change optimizer, loss, regularization and initializers; layers must have the same shapes and settings.
 *
 * @param options those of `deepEnsemble`, the configurations and the way to choose.
 * @throws ConfigError if there is no configuration, or a number is no whole number from 1.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import {initBackend} from 'tfjs-bayes';
 * import {hyperEnsemble} from 'tfjs-bayes/ensembles';
 *
 * await initBackend({prefer: 'cpu'});
 * const [x, y] = [tf.randomNormal([12, 3]), tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 'int32')];
 * const {posterior, configurations} = await hyperEnsemble({
 *   configurations: (rng) => ({learningRate: 10 ** (-3 + 2 * (rng.uniforms(1)[0] ?? 0))}),
 *   trials: 4,
 *   members: 2,
 *   create: ({configuration: {learningRate}}) => {
 *     const model = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
 *     model.compile({optimizer: tf.train.adam(learningRate), loss: 'categoricalCrossentropy'});
 *     return model;
 *   },
 * }).fit(x, y, {epochs: 2, validationData: [x, y]});
 * console.log(posterior.size === configurations.length); // true
 * posterior.dispose();
 * ```
 */
export function hyperEnsemble<C>(options: HyperEnsembleOptions<C>): HyperEnsemble<C> {
  const {configurations, members = 5, trials = 10, seeds = 1, selection = 'greedy'} = options;
  for (const [name, value] of Object.entries({members, trials, seeds, workers: options.workers ?? 1})) {
    checkCount(value, name, 1, 'hyperEnsemble');
  }
  if (selection !== 'greedy' && selection !== 'random') {
    throw new ConfigError(
      `hyperEnsemble: expected selection to be 'greedy' or 'random', got '${selection}'. Leave it out.`,
    );
  }
  if (typeof configurations !== 'function' && configurations.length === 0) {
    throw new ConfigError('hyperEnsemble: expected at least one configuration, got none. Give a list or a function.');
  }
  return {fit: (x, y, fitOptions = {}) => fitHyperEnsemble(options, x, y, fitOptions)};
}

async function fitHyperEnsemble<C>(
  options: HyperEnsembleOptions<C>,
  x: Inputs,
  y: tf.Tensor,
  fitOptions: EnsembleFitOptions,
): Promise<HyperEnsembleResult<C>> {
  const {members = 5, seeds = 1, selection = 'greedy', rng = createRng('hyper-ensemble')} = options;
  if (selection === 'greedy' && fitOptions.validationData === undefined) {
    throw new ConfigError(
      'hyperEnsemble.fit: expected validationData to choose members on, got none. Hold some examples out of x and y.',
    );
  }
  const tried = configurationsOf(options, rng, selection === 'random' ? members : undefined);
  const pool = await trainPool(options, tried, rng, x, y, fitOptions);
  if (selection === 'random') {
    return {posterior: new EnsemblePosterior(pool), configurations: tried, negativeLogLikelihood: undefined};
  }
  const first = await choose(pool, tried, members, fitOptions);
  if (seeds === 1) return first;
  first.posterior.dispose();
  const again = [...new Set(first.configurations)].flatMap((one) => new Array<C>(seeds).fill(one));
  const second = {...fitOptions, ...secondRound(fitOptions.checkpoints, tried.length)};
  return choose(await trainPool(options, again, rng.fork('seeds'), x, y, second), again, members, fitOptions);
}

function configurationsOf<C>({configurations, trials = 10}: HyperEnsembleOptions<C>, rng: Rng, atMost?: number): C[] {
  const stream = rng.fork('configurations');
  if (typeof configurations === 'function') {
    return Array.from({length: atMost ?? trials}, (_, trial) => configurations(stream.fork(trial)));
  }
  if (atMost === undefined) return [...configurations];
  const picks = Array.from(stream.uniforms(atMost), (u) => Math.floor(u * configurations.length));
  return picks.map((pick) => configurations[pick] as C);
}

function trainPool<C>(
  {create, workers, likelihood, noiseScale, output}: HyperEnsembleOptions<C>,
  tried: readonly C[],
  rng: Rng,
  x: Inputs,
  y: tf.Tensor,
  fitOptions: EnsembleFitOptions,
): Promise<TrainedEnsemble> {
  const given = Object.entries({workers, likelihood, noiseScale, output}).filter(([, value]) => value !== undefined);
  const options: DeepEnsembleOptions = {
    ...Object.fromEntries(given),
    create: (context) => create({...context, configuration: tried[context.member] as C}),
    members: tried.length,
    rng,
  };
  const named = fitOptions.checkpoints === undefined ? undefined : asJson(tried);
  return trainEnsemble(options, x, y, fitOptions, undefined, named);
}

/** Configurations as checkpoints remember them. */
function asJson(tried: readonly unknown[]): Json[] {
  try {
    return JSON.parse(JSON.stringify(tried));
  } catch (error) {
    throw new ConfigError(
      `hyperEnsemble.fit: expected configurations that JSON can hold, for checkpoints to know them, got: ${error}. ` +
        'Keep numbers, texts and lists in them and make the rest in create.',
    );
  }
}

/** The chosen members of a pool as a posterior, its noise their own; the others are disposed. */
async function choose<C>(
  pool: TrainedEnsemble,
  tried: readonly C[],
  members: number,
  {validationData}: EnsembleFitOptions,
): Promise<HyperEnsembleResult<C>> {
  const [x, given] = validationData as NonNullable<typeof validationData>;
  const likelihoodOf = (chosen: readonly number[]): Likelihood => {
    const {likelihood, meanSquares} = pool;
    return meanSquares
      ? withResidualNoise(
          likelihood,
          chosen.map((member) => meanSquares[member] as number),
        )
      : likelihood;
  };
  const used: tf.Tensor[] = [];
  try {
    const draws = memberOutputs(pool.host, pool.members, x);
    used.push(draws);
    const y = await pool.likelihood.prepareTargets(given, draws.shape.slice(1), 'hyperEnsemble.fit');
    used.push(y);
    const {selected, negativeLogLikelihood} = await selectGreedily(likelihoodOf, draws, y, members);
    const chosen = selected.map((member) => (pool.members[member] ?? []).map((weight) => tf.keep(tf.clone(weight))));
    return {
      posterior: new EnsemblePosterior({...pool, likelihood: likelihoodOf(selected), members: chosen}),
      configurations: selected.map((member) => tried[member] as C),
      negativeLogLikelihood,
    };
  } catch (error) {
    pool.onDispose?.();
    throw error;
  } finally {
    tf.dispose(used);
    for (const weights of pool.members) tf.dispose([...weights]);
  }
}

function secondRound(target: CheckpointTarget | undefined, trials: number): {checkpoints?: CheckpointTarget} {
  if (target === undefined) return {};
  return {checkpoints: typeof target === 'string' ? `${target}/seeds` : (member) => target(trials + member)};
}
