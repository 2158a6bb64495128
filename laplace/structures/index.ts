import {
  type Curvature,
  type CurvatureKind,
  DiagCurvature,
  FullCurvature,
  KronCurvature,
} from '../../src/curvature/index.ts';
import {DiagStructure} from './diag.ts';
import {FullStructure} from './full.ts';
import {KronStructure} from './kron.ts';
import type {PosteriorStructure} from './structure.ts';

/** Makes a curvature ready for posterior precisions: eigendecompositions are computed when first needed. */
export function posteriorStructure(curvature: Curvature, kind: CurvatureKind): PosteriorStructure {
  if (curvature instanceof FullCurvature) return new FullStructure(curvature, {indefinite: kind === 'hessian'});
  if (curvature instanceof KronCurvature) return new KronStructure(curvature);
  if (curvature instanceof DiagCurvature) return new DiagStructure(curvature);
  throw new TypeError(`posteriorStructure: expected a full, kron or diag curvature, got '${curvature.structure}'.`);
}
