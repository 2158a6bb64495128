export {createCurvature} from './create.ts';
export {type Curvature, type CurvatureStructure, layoutOf, type WeightLayout} from './curvature.ts';
export {DiagCurvature} from './diag.ts';
export {directionalDerivative} from './directional-derivative.ts';
export {FullCurvature} from './full.ts';
export {type BatchSummary, type CurvatureWeights, GeneralizedGaussNewton, weightLayouts} from './ggn.ts';
export {type KronBlock, KronCurvature} from './kron.ts';
export {mergeRepeatedLookups, perExampleGradient} from './per-example-gradient.ts';
export {unitGradients} from './unit-gradients.ts';
