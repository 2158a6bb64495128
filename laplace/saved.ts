import {
  type Curvature,
  type CurvatureKind,
  type CurvatureStructure,
  createCurvature,
  SubspaceCurvature,
  type WeightLayout,
} from '../src/curvature/index.ts';
import {ModelMismatchError} from '../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../src/io/index.ts';
import {type Likelihood, likelihoodFromConfig} from '../src/likelihoods/index.ts';
import type {Assumptions} from './approximation.ts';
import type {Fit} from './fit.ts';
import type {LaplaceOptions} from './options.ts';
import {PosteriorWeights} from './posterior-weights.ts';
import {ownOptions, type StructureOptions} from './structure-options.ts';
import type {ChosenWeights, LaplaceWeights} from './subnetwork.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'laplace';
export const SAVED_VERSION = 1;

/** What is saved beside the fit. */
export interface SavedTerms extends Assumptions {
  readonly structure: CurvatureStructure;
  readonly structureOptions: StructureOptions;
  /** Draws of each label for a Monte-Carlo Fisher. */
  readonly samples: number;
  /** The likelihood's configuration. */
  readonly likelihood: {readonly name: string; readonly [key: string]: unknown};
  /** Whether its noise is estimated from the data, at each fit anew. */
  readonly estimatesNoise: boolean;
  /** Whether it is that of each output. */
  readonly noisePerOutput?: boolean;
  readonly output: string | undefined;
}

/** The fit and its terms in the form of `src/io`. */
export function toSaved(fit: Fit, terms: SavedTerms): SavedPosterior {
  const {curvature, kind, weights, negLogLikelihood, halfSumOfSquares, noiseScale, targets, examples, fingerprint} =
    fit;
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: {
      terms: terms as unknown as Json,
      weights: weights.chosen as unknown as Json,
      curvature: kind,
      layouts: curvature.layouts as unknown as Json,
      fit: {
        negLogLikelihood,
        targets,
        examples,
        fingerprint,
        ...(halfSumOfSquares !== undefined && {halfSumOfSquares}),
        ...(noiseScale !== undefined && {noiseScale}),
      },
    },
    arrays: curvature.toArrays(),
  };
}

/** The options and the fit that {@link toSaved} wrote, checked against the model. */
export async function fromSaved(
  {config, arrays}: SavedPosterior,
  {model, likelihood}: LoadContext,
): Promise<{options: LaplaceOptions; fit: Fit}> {
  const {
    terms,
    weights: chosen,
    curvature: kind,
    layouts,
    fit,
  } = config as unknown as {
    terms: SavedTerms;
    weights: ChosenWeights;
    curvature: CurvatureKind;
    layouts: readonly WeightLayout[];
    fit: Pick<Fit, 'negLogLikelihood' | 'targets' | 'examples' | 'fingerprint'> &
      Partial<Pick<Fit, 'halfSumOfSquares' | 'noiseScale'>>;
  };
  const {structure, structureOptions, samples, priorPrecision, priorMean, temperature, output} = terms;
  const named = output !== undefined && {output};
  const weights = new PosteriorWeights(model, chosen, {caller: 'loadPosterior', ...named});
  const fingerprint = await weights.net.fingerprint();
  if (fingerprint !== fit.fingerprint) {
    throw new ModelMismatchError(
      `loadPosterior: expected the model with fingerprint ${fit.fingerprint}, got ${fingerprint}. ` +
        'Load the model that was saved together with this posterior, with the same weights.',
    );
  }
  checkLayouts(weights, layouts);
  const curvature = savedCurvature({structure, structureOptions}, layouts, arrays);
  return {
    options: {
      weights: asOption(chosen, weights),
      structure,
      ...ownOptions(structure, structureOptions),
      curvature: kind,
      samples,
      priorPrecision,
      priorMean,
      temperature,
      likelihood: likelihood ?? savedLikelihood(terms),
      ...(terms.noisePerOutput && {noiseScale: 'per-output'}),
      ...named,
    },
    fit: {
      ...fit,
      halfSumOfSquares: fit.halfSumOfSquares,
      noiseScale: fit.noiseScale,
      curvature,
      kind,
      weights,
      values: await weights.read(),
    },
  };
}

function savedCurvature(
  {structure, structureOptions}: Pick<SavedTerms, 'structure' | 'structureOptions'>,
  layouts: readonly WeightLayout[],
  arrays: SavedPosterior['arrays'],
): Curvature {
  if (structure !== 'full' && structure !== 'kron' && structure !== 'diag') {
    return SubspaceCurvature.fromArrays(structure, layouts, arrays);
  }
  const curvature = createCurvature(structure, layouts, structureOptions);
  curvature.fromArrays(arrays);
  return curvature;
}

function asOption(chosen: ChosenWeights, {layerNames}: PosteriorWeights): LaplaceWeights {
  return typeof chosen === 'object' && 'tensors' in chosen ? {layers: layerNames} : chosen;
}

/** A name where the noise is to be estimated again. */
function savedLikelihood({likelihood, estimatesNoise, noisePerOutput}: SavedTerms): Likelihood | string {
  return estimatesNoise && !noisePerOutput ? likelihood.name : likelihoodFromConfig(likelihood);
}

/** Throws `ModelMismatchError` unless the weights that the model can train are those that were saved. */
function checkLayouts({tensors}: PosteriorWeights, layouts: readonly WeightLayout[]): void {
  if (tensors.length === layouts.length && tensors.every(({size}, i) => size === layouts[i]?.size)) return;
  const list = (weights: readonly {name: string; size: number}[]): string =>
    weights.map(({name, size}) => `${name} (${size})`).join(', ') || 'none';
  throw new ModelMismatchError(
    `loadPosterior: expected the trainable weights ${list(layouts)}, got ${list(tensors)}. ` +
      'Make the same layers trainable as when the posterior was saved.',
  );
}
