import {
  type Curvature,
  type CurvatureKind,
  DiagCurvature,
  FullCurvature,
  KronCurvature,
  SubspaceCurvature,
} from '../../src/curvature/index.ts';
import {DiagStructure} from './diag.ts';
import {FullStructure} from './full.ts';
import {KronStructure} from './kron.ts';
import {LowRankStructure} from './low-rank.ts';
import type {PosteriorStructure} from './structure.ts';

/** Makes a curvature ready for posterior precisions: eigendecompositions are computed when first needed. */
export function posteriorStructure(
  curvature: Curvature,
  kind: CurvatureKind,
  {damping = false}: {damping?: boolean} = {},
): PosteriorStructure {
  if (curvature instanceof FullCurvature) return new FullStructure(curvature, {indefinite: kind === 'hessian'});
  if (curvature instanceof KronCurvature) return new KronStructure(curvature, {damping});
  if (curvature instanceof DiagCurvature) return new DiagStructure(curvature);
  if (curvature instanceof SubspaceCurvature) return new LowRankStructure(curvature);
  throw new TypeError(`posteriorStructure: expected a curvature of src/curvature, got '${curvature.structure}'.`);
}
