export type {Calibration} from './calibration.ts';
export {type FitCalibrationOptions, fitCalibration} from './fit-calibration.ts';
export {mixture} from './mixture.ts';
export {monteCarloPredict, outputsOfDraws, type WeightDraws} from './monte-carlo.ts';
export type {NetNoise} from './net-noise.ts';
export {type PointEstimateOptions, pointEstimate} from './point-estimate.ts';
export type {Posterior, PredictOptions, SampleOptions, WeightPosterior} from './posterior.ts';
export type {RowSketch} from './row-sketch.ts';
