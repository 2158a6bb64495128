export {
  type DualAveragingState,
  dualAveraging,
  startDualAveraging,
} from './dual-averaging.ts';
export {addToVariance, type RunningVariance, startVariance, varianceOf} from './running-variance.ts';
