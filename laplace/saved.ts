import {
  type CurvatureStructure,
  type CurvatureWeights,
  createCurvature,
  type WeightLayout,
} from '../src/curvature/index.ts';
import {ModelMismatchError} from '../src/errors.ts';
import type {Json, LoadContext, SavedPosterior} from '../src/io/index.ts';
import {type Likelihood, likelihoodFromConfig} from '../src/likelihoods/index.ts';
import {createNet, readWeights} from '../src/models/index.ts';
import type {Assumptions} from './approximation.ts';
import {type Fit, fittedVariables} from './fit.ts';
import type {LaplaceOptions} from './options.ts';

/** Name and version of the format. */
export const SAVED_KIND = 'laplace';
export const SAVED_VERSION = 1;

/** What is saved beside the fit. */
export interface SavedTerms extends Assumptions {
  readonly weights: CurvatureWeights;
  readonly structure: CurvatureStructure;
  /** The likelihood's configuration; its name alone where the noise is estimated from the data. */
  readonly likelihood: {readonly name: string; readonly [key: string]: unknown};
  readonly output: string | undefined;
}

/** The fit and its terms in the form of `src/io`. */
export function toSaved(fit: Fit, terms: SavedTerms): SavedPosterior {
  const {curvature, negLogLikelihood, targets, examples, fingerprint} = fit;
  return {
    kind: SAVED_KIND,
    version: SAVED_VERSION,
    config: {
      terms: terms as unknown as Json,
      layouts: curvature.layouts as unknown as Json,
      fit: {negLogLikelihood, targets, examples, fingerprint},
    },
    arrays: curvature.toArrays(),
  };
}

/** The options and the fit that {@link toSaved} wrote, checked against the model. */
export async function fromSaved(
  {config, arrays}: SavedPosterior,
  {model, likelihood}: LoadContext,
): Promise<{options: LaplaceOptions; fit: Fit}> {
  const {terms, layouts, fit} = config as unknown as {
    terms: SavedTerms;
    layouts: readonly WeightLayout[];
    fit: Omit<Fit, 'curvature' | 'values'>;
  };
  const {weights, structure, priorPrecision, priorMean, temperature, output} = terms;
  const net = createNet(model, {caller: 'loadPosterior', ...(output !== undefined && {output})});
  const fingerprint = await net.fingerprint();
  if (fingerprint !== fit.fingerprint) {
    throw new ModelMismatchError(
      `loadPosterior: expected the model with fingerprint ${fit.fingerprint}, got ${fingerprint}. ` +
        'Load the model that was saved together with this posterior, with the same weights.',
    );
  }
  const curvature = createCurvature(structure, layouts);
  curvature.fromArrays(arrays);
  return {
    options: {
      weights,
      structure,
      priorPrecision,
      priorMean,
      temperature,
      likelihood: likelihood ?? savedLikelihood(terms.likelihood),
      ...(output !== undefined && {output}),
    },
    fit: {...fit, curvature, values: await readWeights(fittedVariables(net, weights))},
  };
}

function savedLikelihood(config: SavedTerms['likelihood']): Likelihood | string {
  return Object.keys(config).length === 1 && config.name === 'gaussian' ? config.name : likelihoodFromConfig(config);
}
