import type {Curvature, CurvatureStructure, WeightLayout} from './curvature.ts';
import {DiagCurvature} from './diag.ts';
import {FullCurvature} from './full.ts';
import {KronCurvature} from './kron.ts';

/** A zero curvature matrix over weights of these layouts. */
export function createCurvature(structure: CurvatureStructure, layouts: readonly WeightLayout[]): Curvature {
  switch (structure) {
    case 'full':
      return new FullCurvature(layouts);
    case 'kron':
      return new KronCurvature(layouts);
    case 'diag':
      return new DiagCurvature(layouts);
  }
}
