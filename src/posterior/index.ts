export {type Calibration, calibrated} from './calibrated.ts';
export {mixture} from './mixture.ts';
export {monteCarloPredict, outputsOfDraws, type WeightDraws} from './monte-carlo.ts';
export {type PointEstimateOptions, pointEstimate} from './point-estimate.ts';
export type {Posterior, PredictOptions, SampleOptions, WeightPosterior} from './posterior.ts';
