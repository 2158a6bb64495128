export {createPrior, type PriorChoice, type PriorName, registerPrior} from './create-prior.ts';
export {type EmpiricalBayesPriorOptions, empiricalBayesPrior} from './empirical-bayes.ts';
export {type GaussianPriorOptions, gaussianPrior} from './gaussian.ts';
export {type HorseshoePriorOptions, horseshoePrior} from './horseshoe.ts';
export {type LaplacePriorOptions, laplacePrior} from './laplace.ts';
export type {Prior, PriorConfig} from './prior.ts';
export {type ScaleMixturePriorOptions, scaleMixturePrior} from './scale-mixture.ts';
export {type StudentTPriorOptions, studentTPrior} from './student-t.ts';
