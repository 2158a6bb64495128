export * from '../src/diagnostics/index.ts';
export * from '../src/distributions/index.ts';
export type {DualAveragingState, RunningVariance} from '../src/samplers/index.ts';
export * from './amortized/index.ts';
export * from './flows/index.ts';
export * from './games/index.ts';
export * from './mcmc/index.ts';
export * from './model/index.ts';
export * from './variational/index.ts';
