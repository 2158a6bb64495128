export type {EntropyArrays, MatrixArray} from './arrays.ts';
export {type BernoulliArrays, type BernoulliFields, BernoulliPredictive} from './bernoulli.ts';
export {type CategoricalArrays, type CategoricalFields, CategoricalPredictive} from './categorical.ts';
export {concatPredictives, type Predictive} from './concat.ts';
export {type GaussianFields, GaussianPredictive, type RegressionArrays} from './gaussian.ts';
export type {DrawPlan} from './latent-draws.ts';
export {mixPredictives} from './mix.ts';
export {type MixtureFields, MixturePredictive} from './mixture.ts';
export type {EntropyParts, LatentDraws, LatentGaussian, PredictiveBase} from './predictive.ts';
