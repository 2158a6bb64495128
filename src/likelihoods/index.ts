export {type BernoulliLikelihood, bernoulli} from './bernoulli.ts';
export {betaNll} from './beta-nll.ts';
export {type CategoricalLikelihood, categorical} from './categorical.ts';
export {type GaussianLikelihood, gaussian} from './gaussian.ts';
export {type HeteroscedasticGaussianLikelihood, heteroscedasticGaussian} from './heteroscedastic-gaussian.ts';
export type {Likelihood, Link, PredictiveOptions} from './likelihood.ts';
export {type PoissonLikelihood, poisson} from './poisson.ts';
export {
  type LikelihoodChoice,
  type LikelihoodConfig,
  type LikelihoodName,
  likelihoodFromConfig,
  registerLikelihood,
  resolveLikelihood,
} from './registry.ts';
export {type StudentTLikelihood, studentT} from './student-t.ts';
