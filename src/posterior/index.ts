export {type Calibration, calibrated} from './calibrated.ts';
export {type PointEstimateOptions, pointEstimate} from './point-estimate.ts';
export type {Posterior, PredictOptions, SampleOptions, WeightPosterior} from './posterior.ts';
