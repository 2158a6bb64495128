import type {SummedCurvature, SummedStructure, WeightLayout} from './curvature.ts';
import {DiagCurvature} from './diag.ts';
import {FullCurvature} from './full.ts';
import {KronCurvature, type KronOptions} from './kron.ts';

/** A zero curvature matrix over weights of these layouts. */
export function createCurvature(
  structure: SummedStructure,
  layouts: readonly WeightLayout[],
  options: KronOptions = {},
): SummedCurvature {
  switch (structure) {
    case 'full':
      return new FullCurvature(layouts);
    case 'kron':
      return new KronCurvature(layouts, options);
    case 'diag':
      return new DiagCurvature(layouts);
  }
}
