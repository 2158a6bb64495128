import type * as tf from '@tensorflow/tfjs-core';
import type {CurvatureKind, CurvatureStructure} from '../src/curvature/index.ts';
import type {LikelihoodChoice, Link} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {PredictOptions} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import type {Rng} from '../src/random/index.ts';
import type {PriorPrecision} from './prior-precision.ts';
import type {LaplaceWeights} from './subnetwork.ts';

/** Options of `laplace`. */
export interface LaplaceOptions {
  /**
   * What the net's outputs mean: `'categorical'` (or `'classification'`), `'bernoulli'`, `'gaussian'` (or `'regression'`),
   * or a likelihood of your own. Default: from the head, categorical after a softmax, bernoulli after a sigmoid; a linear
   * head must name one.
   */
  readonly likelihood?: LikelihoodChoice;
  /**
   * Which weights get a posterior; the others stay as trained. `'last-layer'`, `'all'`, those of some layers, or a
   * {@link Subnetwork} of single weights. Default `'last-layer'`.
   */
  readonly weights?: LaplaceWeights;
  /** How much of the curvature is kept. Default `'kron'`; `'full'` for a subnetwork of single weights, which has no factors. */
  readonly structure?: CurvatureStructure;
  /**
   * Which curvature: `'ggn'`, the default; `'mc-fisher'`, its estimate from drawn labels, cheaper for many outputs;
   * `'empirical-fisher'` from the labels' own gradients; `'hessian'`, exact, for small nets and structure `'full'` (or the
   * last layer), where negative curvature counts as 0 with a warning.
   */
  readonly curvature?: CurvatureKind;
  /** Draws of each label for `'mc-fisher'`. Default 1. */
  readonly samples?: number;
  /** Where those draws come from. Default: a fixed seed. */
  readonly rng?: Rng;
  /**
   * Precision (1 / variance) of the Gaussian prior over the weights: one number; one for each weight tensor; or, with
   * `'full'` and `'diag'`, one for each weight that has a posterior. Lists, typed or not, are copied. Default 1; `tune()`
   * finds a better one.
   */
  readonly priorPrecision?: PriorPrecision;
  /** Mean of the prior over every weight. Default 0. */
  readonly priorMean?: number;
  /**
   * Standard deviation of the observation noise of a Gaussian likelihood, in the units of y. Default: that of the
   * likelihood given, and for the name `'gaussian'` the maximum-likelihood estimate, the root mean squared residual.
   */
  readonly noiseScale?: number;
  /** Divides the log-likelihood: below 1 the posterior is narrower than Bayes' rule says. Default 1. */
  readonly temperature?: number;
  /** Name of the output layer, for models with several outputs. */
  readonly output?: string;
}

/** Options of `Laplace.fit` and `Laplace.update`, named as in `LayersModel.fit`. */
export interface LaplaceFitOptions {
  /** Examples evaluated at once; bounds memory, never changes the result. Default 256. */
  readonly batchSize?: number;
  /** Functions called during the fit. Default none. */
  readonly callbacks?: {
    /** Called after each batch with its index and the number of examples in it. */
    readonly onBatchEnd?: (batch: number, logs: {readonly size: number}) => void | Promise<void>;
  };
}

/** Options of `Laplace.predict`. */
export interface LaplacePredictOptions extends PredictOptions {
  /** How the Gaussian over logits becomes probabilities. Default `'pairwise-probit'` (Lu, Ie and Sha, 2020). */
  readonly link?: Link;
  /**
   * Whether the outputs at an input count as correlated (`'full'`, C x C numbers for each) or each for itself
   * (`'diagonal'`). Default `'full'` up to 100 outputs, `'diagonal'` above.
   */
  readonly covariance?: 'full' | 'diagonal';
}

/** How many prior precisions are told apart: one, one for each layer or weight tensor, or one for each weight. */
export type PriorShape = 'scalar' | 'layer' | 'tensor' | 'weight';

/** Options of `Laplace.tune`. */
export interface TuneOptions {
  /** What is maximized: the marginal likelihood of the data seen, or a score on other data. Default the former. */
  readonly method?: 'marginal-likelihood' | 'validation';
  /**
   * How many prior precisions are told apart: one (`'scalar'`, the default), one for each `'layer'` or weight `'tensor'`,
   * or, with structure `'diag'`, one for each `'weight'`. Only for the marginal likelihood.
   */
  readonly prior?: PriorShape;
  /**
   * Whether the noise scale is maximized jointly, for likelihoods with noise and the marginal likelihood. Default false:
   * the residual maximum-likelihood estimate stays, which is the safer choice after training.
   */
  readonly noise?: boolean;
  /** Held-out inputs and targets `[x, y]` for `'validation'`. */
  readonly validationData?: readonly [Inputs, tf.Tensor];
  /**
   * What validation maximizes: the mean log predictive density, `'log-likelihood'` (the default, a proper score for classes
   * and numbers alike), or a function of the prediction.
   */
  readonly score?: 'log-likelihood' | ((predictive: Predictive, y: tf.Tensor) => number | Promise<number>);
  /** Lowest and highest prior precision that validation tries. Default `[1e-4, 1e4]`. */
  readonly range?: readonly [number, number];
  /** How validation predicts. */
  readonly predict?: LaplacePredictOptions;
}

/** What `Laplace.tune` found. */
export interface TuneResult {
  /** The prior precision now in use: one number, one for each weight tensor, or one for each weight. */
  readonly priorPrecision: number | readonly number[];
  /** The noise scale now in use; undefined for likelihoods without noise. */
  readonly noiseScale: number | undefined;
  /** The log marginal likelihood at them, in nats. */
  readonly logMarginalLikelihood: number;
  /** The best score on the validation data, where there are any. */
  readonly score?: number;
}

/** What `Laplace.tune` found, with one prior precision. */
export interface ScalarTuneResult extends TuneResult {
  readonly priorPrecision: number;
}

/** The options of `laplace`. */
export const LAPLACE_OPTIONS: Readonly<Record<keyof LaplaceOptions, true>> = {
  likelihood: true,
  weights: true,
  structure: true,
  curvature: true,
  samples: true,
  rng: true,
  priorPrecision: true,
  priorMean: true,
  noiseScale: true,
  temperature: true,
  output: true,
};

/** The options of `Laplace.fit` and `Laplace.update`. */
export const FIT_OPTIONS: Readonly<Record<keyof LaplaceFitOptions, true>> = {batchSize: true, callbacks: true};

/** The options of `Laplace.predict`. */
export const PREDICT_OPTIONS: Readonly<Record<keyof LaplacePredictOptions, true>> = {
  samples: true,
  batchSize: true,
  rng: true,
  keepMembers: true,
  link: true,
  covariance: true,
};

/** The options of `Laplace.tune`. */
export const TUNE_OPTIONS: Readonly<Record<keyof TuneOptions, true>> = {
  method: true,
  prior: true,
  noise: true,
  validationData: true,
  score: true,
  range: true,
  predict: true,
};
