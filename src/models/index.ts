export {type FrozenGraph, type LastLayerOptions, lastLayer} from './graph-model.ts';
export type {HeadKind} from './head.ts';
export {type Batch, batchesOf, countInputs, type Inputs, sliceInputs, toModelInputs} from './inputs.ts';
export type {LastLayer} from './last-layer.ts';
export {createNet, type Net, type NetOptions} from './net.ts';
export {registerTapRule} from './tap-rules/registry.ts';
export type {TapCall, TapContribution, TapRule} from './tap-rules/tap-rule.ts';
export type {TapFactor, TappedWeight, TapRun} from './taps.ts';
export {
  assignWeights,
  flattenWeights,
  readWeights,
  unflattenWeights,
  weightOffsets,
  weightSizes,
  withWeights,
} from './weights.ts';
