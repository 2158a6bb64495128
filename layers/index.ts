import * as tf from '@tensorflow/tfjs-core';
import {registerPosteriorLoader} from '../src/io/index.ts';
import {Ivon} from './ivon/ivon-optimizer.ts';
import {IvonPosterior} from './ivon/ivon-posterior.ts';
import {
  SAVED_KIND as IVON_KIND,
  SAVED_VERSION as IVON_VERSION,
  fromSaved as ivonFromSaved,
} from './ivon/saved-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './vbll/saved.ts';
import {VbllPosterior} from './vbll/vbll-posterior.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) => {
  const {head, source, ownsHead} = await fromSaved(saved, context);
  return new VbllPosterior(head, source, {ownsHead});
});

registerPosteriorLoader(IVON_KIND, IVON_VERSION, async (saved, context) => {
  return new IvonPosterior(await ivonFromSaved(saved, context));
});
tf.serialization.registerClass(Ivon);

export {ivon} from './ivon/ivon.ts';
export {Ivon} from './ivon/ivon-optimizer.ts';
export {IvonPosterior, type IvonPredictOptions} from './ivon/ivon-posterior.ts';
export {type MergeIvonOptions, mergeIvon} from './ivon/merge.ts';
export type {HessianEstimator, IvonOptions, IvonVariableOptions, Schedule} from './ivon/options.ts';
export type {IvonPosteriorFields, IvonTraining, WeightGaussian} from './ivon/posterior-fields.ts';
export {type Sensitivity, type SensitivityOptions, sensitivity} from './ivon/sensitivity.ts';
export type {IvonPosteriorOptions} from './ivon/snapshot.ts';
export {VbllClassification, vbllClassification} from './vbll/classification.ts';
export type {VbllCovariance} from './vbll/covariance.ts';
export {type FitVbllHeadOptions, fitVbllHead, type VbllFeatures} from './vbll/fit-head.ts';
export type {GaussianNoise} from './vbll/gaussian-noise.ts';
export {VbllGenerativeClassification, vbllGenerativeClassification} from './vbll/generative-classification.ts';
export {type Moments, VbllHead} from './vbll/head.ts';
export type {NoisyGaussian} from './vbll/noisy-gaussian.ts';
export type {VbllObjective, VbllOptions} from './vbll/options.ts';
export {VbllRegression, vbllRegression} from './vbll/regression.ts';
export {type FunctionDraw, type VbllOodScore, VbllPosterior, vbllPosterior} from './vbll/vbll-posterior.ts';
