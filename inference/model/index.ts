export type {Bijector} from './bijector.ts';
export {bijectorOf} from './choose-bijector.ts';
export {createModel, type ModelSpec, type Observation, type ParameterSpec, type Values} from './create-model.ts';
export type {LogDensity, Model, ParameterLayout} from './model.ts';
