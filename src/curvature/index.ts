export type {BatchSummary} from './batch-loss.ts';
export {createCurvature} from './create.ts';
export {
  type Curvature,
  type CurvatureFit,
  type CurvatureStructure,
  layoutOf,
  type SubspaceStructure,
  type SummedCurvature,
  type SummedStructure,
  type WeightLayout,
} from './curvature.ts';
export {DiagCurvature} from './diag.ts';
export {directionalDerivative} from './directional-derivative.ts';
export {FullCurvature} from './full.ts';
export {FunctionalFit} from './functional.ts';
export {GeneralizedGaussNewton, weightLayouts} from './ggn.ts';
export {type KronBlock, KronCurvature, type WeightSharing} from './kron.ts';
export {LowRankFit} from './low-rank.ts';
export {NystromFit} from './nystrom.ts';
export type {CurvatureChoice, CurvatureKind} from './output-root.ts';
export {mergeRepeatedLookups, perExampleGradient} from './per-example-gradient.ts';
export {subnet} from './subnet.ts';
export {combineRows, rowProducts, SubspaceCurvature, type SubspaceFitOptions, weightCount} from './subspace.ts';
export {type CurvatureWeights, type TappedNet, withTaps} from './tap-run.ts';
export {unitGradients} from './unit-gradients.ts';
