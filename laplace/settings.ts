import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureChoice, CurvatureStructure} from '../src/curvature/index.ts';
import {ConfigError} from '../src/errors.ts';
import {type Likelihood, resolveLikelihood} from '../src/likelihoods/index.ts';
import {createNet, type Net} from '../src/models/index.ts';
import {createRng, type Rng} from '../src/random/index.ts';
import {requireCount, requireKnown, requireOneOf, requirePositive} from './arguments.ts';
import {LAPLACE_OPTIONS, type LaplaceOptions} from './options.ts';
import {PosteriorWeights} from './posterior-weights.ts';
import {checkPriorMean, ownPriorMean} from './prior-mean.ts';
import {expandPrior, ownPrior, type PriorTarget} from './prior-precision.ts';
import {checkCurvature, resolveStructureOptions, type StructureOptions} from './structure-options.ts';
import {checkWeights, choosesElements, chooseWeights, type LaplaceWeights} from './subnetwork.ts';

/** The options of `laplace`, checked against the model and with their defaults. */
export interface Settings {
  readonly model: LayersModel;
  readonly net: Net;
  readonly weights: LaplaceWeights;
  readonly structure: CurvatureStructure;
  readonly structureOptions: StructureOptions;
  /** Where a structure's random choices come from. */
  readonly rng: Rng;
  readonly curvature: CurvatureChoice;
  readonly samples: number;
  readonly temperature: number;
  readonly priorPrecision: number | readonly number[];
  /** What prior precisions are for, where it does not depend on the trained weights. */
  readonly priorTarget: PriorTarget | undefined;
  readonly priorMean: number | readonly number[];
  readonly likelihood: Likelihood;
  /** Whether each fit sets the noise to that of its residuals. */
  readonly estimatesNoise: boolean;
  /** Whether the noise of each output is estimated from its own residuals. */
  readonly noisePerOutput: boolean;
  readonly output: string | undefined;
}

const STRUCTURES: readonly CurvatureStructure[] = ['full', 'kron', 'diag', 'low-rank', 'functional', 'ella'];

/** Checks the options; throws `ConfigError` for what cannot be used. */
export function resolveSettings(model: LayersModel, options: LaplaceOptions): Settings {
  requireKnown(options, LAPLACE_OPTIONS, 'laplace');
  const {weights = 'last-layer', priorPrecision = 1, priorMean = 0, temperature = 1, samples = 1, output} = options;
  const named = output !== undefined && {output};
  const net = createNet(model, {caller: 'laplace', ...named});
  checkWeights(weights, net);
  const structure = resolveStructure(weights, options.structure);
  requirePositive(temperature, 'temperature', 'laplace');
  const ownMean = ownPriorMean(priorMean);
  const prior = ownPrior(priorPrecision, 'laplace');
  const priorTarget =
    typeof weights === 'string'
      ? {structure, tensors: new PosteriorWeights(model, weights, {caller: 'laplace', ...named}).tensors}
      : undefined;
  if (priorTarget) {
    expandPrior(prior, priorTarget, 'laplace');
    checkPriorMean(ownMean, priorTarget.tensors, 'laplace');
  }
  const {noiseScale} = options;
  const noisePerOutput = noiseScale === 'per-output';
  const resolved = resolveLikelihood(options.likelihood, net.head, 'laplace');
  if (noisePerOutput) requireGaussian(resolved);
  const likelihood = noisePerOutput ? resolved : withNoise(resolved, noiseScale);
  return {
    model,
    net,
    weights,
    structure,
    structureOptions: resolveStructureOptions(options, structure),
    rng: options.rng ?? createRng('laplace'),
    curvature: resolveCurvature(options, structure),
    samples,
    temperature,
    priorPrecision: prior,
    priorTarget,
    priorMean: ownMean,
    likelihood,
    estimatesNoise:
      noisePerOutput ||
      (typeof options.likelihood === 'string' && noiseScale === undefined && likelihood.squaredResiduals !== undefined),
    noisePerOutput,
    output,
  };
}

/** The weights that the settings choose, as they are trained now. */
export async function settingsWeights({model, net, weights, output}: Settings): Promise<PosteriorWeights> {
  const chosen = await chooseWeights(weights, net);
  return new PosteriorWeights(model, chosen, {caller: 'laplace', ...(output !== undefined && {output})});
}

/** The likelihood with this noise; throws `ConfigError` where it has none. */
export function withNoise(likelihood: Likelihood, noiseScale: number | readonly number[] | undefined): Likelihood {
  if (noiseScale === undefined) return likelihood;
  for (const one of [noiseScale].flat()) requirePositive(one, 'noiseScale', 'laplace');
  if (likelihood.withNoiseScale) return likelihood.withNoiseScale(noiseScale);
  throw new ConfigError(
    `laplace: expected no noiseScale for the likelihood '${likelihood.name}', got ${noiseScale}. Only Gaussian ones have noise.`,
  );
}

function requireGaussian({name, squaredResiduals, withNoiseScale}: Likelihood): void {
  if (squaredResiduals && withNoiseScale) return;
  throw new ConfigError(
    `laplace: expected a Gaussian likelihood for noiseScale 'per-output', got '${name}'. Leave noiseScale out.`,
  );
}

function resolveStructure(weights: LaplaceWeights, given: CurvatureStructure | undefined): CurvatureStructure {
  const elements = choosesElements(weights);
  const structure = requireOneOf(given ?? (elements ? 'full' : 'kron'), STRUCTURES, 'structure');
  if (!elements || structure !== 'kron') return structure;
  throw new ConfigError(
    "laplace: expected another structure for a subnetwork of single weights, got 'kron'. Single weights have no " +
      'Kronecker factors; weights of whole layers, {layers: [...]}, do.',
  );
}

function resolveCurvature(
  {curvature = 'ggn', samples = 1, rng = createRng('mc-fisher')}: LaplaceOptions,
  structure: CurvatureStructure,
): CurvatureChoice {
  requireOneOf(curvature, ['ggn', 'mc-fisher', 'empirical-fisher', 'hessian'], 'curvature');
  requireCount(samples, 'samples', 'laplace');
  checkCurvature(curvature, structure);
  if (curvature === 'mc-fisher') return {kind: curvature, samples, rng};
  return {kind: curvature};
}
