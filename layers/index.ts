import * as tf from '@tensorflow/tfjs-core';
import {registerPosteriorLoader} from '../src/io/index.ts';
import {registerNetNoise} from '../src/posterior/net-noise.ts';
import {BOTTLENECK, findBottlenecks} from './bottleneck/bottleneck-posterior.ts';
import {findDropout, MC_DROPOUT} from './dropout/dropout-masks.ts';
import {Ivon} from './ivon/ivon-optimizer.ts';
import {IvonPosterior} from './ivon/ivon-posterior.ts';
import {
  SAVED_KIND as IVON_KIND,
  SAVED_VERSION as IVON_VERSION,
  fromSaved as ivonFromSaved,
} from './ivon/saved-posterior.ts';
import {NoisePosterior} from './noise/noise-posterior.ts';
import {SAVED_KIND as NOISE_KIND, SAVED_VERSION as NOISE_VERSION, fromSaved as noiseFromSaved} from './noise/saved.ts';
import {CLASSIFIER_KIND, CLASSIFIER_VERSION, loadClassifier} from './single-pass/evidential-classifier.ts';
import {loadEvidential, REGRESSION_KIND, REGRESSION_VERSION} from './single-pass/evidential-posterior.ts';
import {loadSngp, SNGP_KIND, SNGP_VERSION} from './single-pass/sngp-posterior.ts';
import {
  SAVED_KIND as VARIATIONAL_KIND,
  SAVED_VERSION as VARIATIONAL_VERSION,
  fromSaved as variationalFromSaved,
} from './variational/saved.ts';
import {VariationalPosterior} from './variational/variational-posterior.ts';
import {fromSaved, SAVED_KIND, SAVED_VERSION} from './vbll/saved.ts';
import {VbllPosterior} from './vbll/vbll-posterior.ts';

registerPosteriorLoader(SAVED_KIND, SAVED_VERSION, async (saved, context) => {
  const {head, source, ownsHead} = await fromSaved(saved, context);
  return new VbllPosterior(head, source, {ownsHead});
});

registerPosteriorLoader(IVON_KIND, IVON_VERSION, async (saved, context) => {
  return new IvonPosterior(await ivonFromSaved(saved, context));
});
registerPosteriorLoader(NOISE_KIND, NOISE_VERSION, async (saved, context) => {
  return new NoisePosterior(await noiseFromSaved(saved, context), 'loadPosterior');
});
registerNetNoise(MC_DROPOUT, findDropout);
registerNetNoise(BOTTLENECK, findBottlenecks);
registerPosteriorLoader(CLASSIFIER_KIND, CLASSIFIER_VERSION, loadClassifier);
registerPosteriorLoader(REGRESSION_KIND, REGRESSION_VERSION, loadEvidential);
registerPosteriorLoader(SNGP_KIND, SNGP_VERSION, loadSngp);
registerPosteriorLoader(VARIATIONAL_KIND, VARIATIONAL_VERSION, async (saved, context) => {
  return new VariationalPosterior(await variationalFromSaved(saved, context));
});
tf.serialization.registerClass(Ivon);

export type {NoiseSource} from '../src/posterior/noise-source.ts';
export {bottleneckPosterior} from './bottleneck/bottleneck-posterior.ts';
export {
  bottleneckSchedule,
  VariationalBottleneck,
  type VariationalBottleneckOptions,
  variationalBottleneck,
} from './bottleneck/variational-bottleneck.ts';
export {ConcreteDropout, type ConcreteDropoutOptions, concreteDropout} from './dropout/concrete-dropout.ts';
export {DropConnect, type DropConnectOptions, dropConnect} from './dropout/drop-connect.ts';
export {type DropoutMasksOptions, dropoutMasks} from './dropout/dropout-masks.ts';
export {
  LearnedGaussianDropout,
  type LearnedGaussianDropoutOptions,
  learnedGaussianDropout,
} from './dropout/learned-gaussian-dropout.ts';
export {type McDropoutOptions, mcDropout} from './dropout/mc-dropout.ts';
export {ivon} from './ivon/ivon.ts';
export {Ivon} from './ivon/ivon-optimizer.ts';
export {IvonPosterior, type IvonPredictOptions} from './ivon/ivon-posterior.ts';
export {type MergeIvonOptions, mergeIvon} from './ivon/merge.ts';
export type {HessianEstimator, IvonOptions, IvonVariableOptions, Schedule} from './ivon/options.ts';
export type {IvonPosteriorFields, IvonTraining, WeightGaussian} from './ivon/posterior-fields.ts';
export {type Sensitivity, type SensitivityOptions, sensitivity} from './ivon/sensitivity.ts';
export type {IvonPosteriorOptions} from './ivon/snapshot.ts';
export {type KernelLayer, LayerWrapper, type WrapperOptions} from './layer-wrapper.ts';
export type {NoiseOptions} from './noise/create-noise-posterior.ts';
export {NoisePosterior} from './noise/noise-posterior.ts';
export type {CallInputs, NoisyLayer} from './noise/noisy-layer.ts';
export type {ClassGaussians, DensityCovariance, FeatureGaussian} from './single-pass/class-gaussians.ts';
export {
  type DeterministicDensity,
  type DeterministicDensityOptions,
  deterministicDensity,
} from './single-pass/deterministic-density.ts';
export type {Evidence, EvidentialForm} from './single-pass/dirichlet-loss.ts';
export {
  EvidentialClassification,
  type EvidentialClassificationOptions,
  evidentialClassification,
} from './single-pass/evidential-classification.ts';
export {EvidentialClassifier} from './single-pass/evidential-classifier.ts';
export {EvidentialPosterior, evidentialPosterior} from './single-pass/evidential-posterior.ts';
export {
  EvidentialRegression,
  type EvidentialRegressionOptions,
  evidentialRegression,
} from './single-pass/evidential-regression.ts';
export {type DensityScore, FeatureDensity, type FeatureModel} from './single-pass/feature-density.ts';
export {GaussianProcess, type GaussianProcessOptions, gaussianProcess} from './single-pass/gaussian-process.ts';
export {loadFeatureDensity} from './single-pass/load-feature-density.ts';
export type {NormalInverseGamma} from './single-pass/normal-inverse-gamma.ts';
export {type SngpFit, type SngpOptions, sngp} from './single-pass/sngp.ts';
export {SngpPosterior} from './single-pass/sngp-posterior.ts';
export {
  SpectralNormalization,
  type SpectralNormalizationOptions,
  spectralNormalization,
} from './single-pass/spectral-normalization.ts';
export {type Elbo, type ElboOptions, elbo} from './variational/elbo.ts';
export {
  type AddVariable,
  createFamily,
  type FamilyBuilder,
  type FamilyChoice,
  type FamilyConfig,
  type FamilyName,
  type FamilyStart,
  type MopedOptions,
  registerFamily,
  type WeightFamily,
} from './variational/families/index.ts';
export {
  blundellWeights,
  type KlCyclicalOptions,
  type KlWarmupOptions,
  klCyclical,
  klWarmup,
} from './variational/kl-schedules.ts';
export type {VariationalCell, VariationalHost, VariationalLayer, VariationalRnn} from './variational/layer.ts';
export {
  bayesConv1d,
  bayesConv2d,
  bayesConv2dTranspose,
  bayesConv3d,
  bayesDense,
  bayesDepthwiseConv2d,
  bayesEmbedding,
  bayesSeparableConv2d,
} from './variational/layers.ts';
export type {Estimator, VariationalOptions} from './variational/options.ts';
export {type Pruned, type PruneOptions, pruneBySignalToNoise} from './variational/prune.ts';
export {
  bayesBidirectional,
  bayesGru,
  bayesGruCell,
  bayesLstm,
  bayesLstmCell,
  bayesRnn,
  bayesSimpleRnn,
  bayesSimpleRnnCell,
  bayesTimeDistributed,
} from './variational/recurrent-layers.ts';
export {type ToBayesianOptions, toBayesian} from './variational/to-bayesian.ts';
export {toDeterministic} from './variational/to-deterministic.ts';
export {
  VariationalPosterior,
  type VariationalPosteriorOptions,
  variational,
} from './variational/variational-posterior.ts';
export type {VbllBound} from './vbll/bounds.ts';
export {VbllClassification, vbllClassification} from './vbll/classification.ts';
export type {VbllCovariance} from './vbll/covariance.ts';
export {type FitVbllHeadOptions, fitVbllHead, type VbllFeatures} from './vbll/fit-head.ts';
export type {GammaNoise} from './vbll/gamma-noise.ts';
export type {GaussianNoise} from './vbll/gaussian-noise.ts';
export {VbllGenerativeClassification, vbllGenerativeClassification} from './vbll/generative-classification.ts';
export {type Moments, VbllHead} from './vbll/head.ts';
export {
  VbllHeteroscedasticClassification,
  vbllHeteroscedasticClassification,
} from './vbll/heteroscedastic-classification.ts';
export {VbllHeteroscedasticRegression, vbllHeteroscedasticRegression} from './vbll/heteroscedastic-regression.ts';
export type {LogNormalNoise} from './vbll/log-normal-noise.ts';
export type {NoisyGaussian} from './vbll/noisy-gaussian.ts';
export type {
  VbllClassificationOptions,
  VbllHeteroscedasticOptions,
  VbllObjective,
  VbllOptions,
} from './vbll/options.ts';
export {VbllRegression, vbllRegression} from './vbll/regression.ts';
export type {ScaledClassification} from './vbll/scaled-classification.ts';
export type {ScaledHead} from './vbll/scaled-head.ts';
export type {ScaledNoise} from './vbll/scaled-noise.ts';
export {VbllStudentTClassification, vbllStudentTClassification} from './vbll/student-t-classification.ts';
export {VbllStudentTRegression, vbllStudentTRegression} from './vbll/student-t-regression.ts';
export {type FunctionDraw, type VbllOodScore, VbllPosterior, vbllPosterior} from './vbll/vbll-posterior.ts';
