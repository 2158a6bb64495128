import {
  type Curvature,
  type CurvatureChoice,
  type CurvatureFit,
  type CurvatureStructure,
  createCurvature,
  FunctionalFit,
  GeneralizedGaussNewton,
  LowRankFit,
  NystromFit,
  SubspaceCurvature,
  type SubspaceFitOptions,
} from '../src/curvature/index.ts';
import type {Likelihood} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {Rng} from '../src/random/index.ts';
import type {PosteriorWeights} from './posterior-weights.ts';
import type {StructureOptions} from './structure-options.ts';

/** What is fitted: fixed before the first batch. */
export interface FitTarget {
  readonly weights: PosteriorWeights;
  readonly structure: CurvatureStructure;
  readonly structureOptions: StructureOptions;
  readonly curvature: CurvatureChoice;
  /** With the noise in use; one that is Gaussian is fitted at unit noise. */
  readonly likelihood: Likelihood;
  /** Where a structure's random choices come from. */
  readonly rng: Rng;
}

/** The curvature to be made of batches like `x`, on top of one that is `known`. */
export function startCurvature(
  {weights, structure, structureOptions, curvature: choice, likelihood, rng}: FitTarget,
  x: Inputs,
  known: Curvature | undefined,
): CurvatureFit {
  const layouts = known?.layouts ?? weights.layouts(x);
  const {rank, tolerance, subset, sharing} = structureOptions;
  const options: SubspaceFitOptions = {
    tapped: weights,
    likelihood,
    layouts,
    choice,
    rank,
    tolerance,
    subset,
    rng,
    previous: known instanceof SubspaceCurvature ? known : undefined,
  };
  switch (structure) {
    case 'full':
    case 'kron':
    case 'diag': {
      const sum = createCurvature(structure, layouts, {sharing});
      if (known) sum.fromArrays(known.toArrays());
      return new GeneralizedGaussNewton(weights.net, likelihood, weights.path, sum, choice);
    }
    case 'low-rank':
      return new LowRankFit(options);
    case 'functional':
      return new FunctionalFit(options);
    case 'ella':
      return new NystromFit(options);
  }
}
