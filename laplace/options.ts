import type * as tf from '@tensorflow/tfjs-core';
import type {CurvatureKind, CurvatureStructure, WeightSharing} from '../src/curvature/index.ts';
import type {LikelihoodChoice, Link} from '../src/likelihoods/index.ts';
import type {Inputs} from '../src/models/index.ts';
import type {PredictOptions} from '../src/posterior/posterior.ts';
import type {Predictive} from '../src/predictive/index.ts';
import type {Rng} from '../src/random/index.ts';
import type {PriorMean} from './prior-mean.ts';
import type {PriorPrecision} from './prior-precision.ts';
import type {LaplaceWeights} from './subnetwork.ts';

/** Options of `laplace`. */
export interface LaplaceOptions {
  /**
   * What the net's outputs mean: `'categorical'` (or `'classification'`), `'bernoulli'`, `'gaussian'` (or `'regression'`),
   * `'heteroscedastic-gaussian'`, `'poisson'`, or a likelihood of your own. Default: from the head, categorical after a
   * softmax, bernoulli after a sigmoid; a linear head must name one.
   */
  readonly likelihood?: LikelihoodChoice;
  /**
   * Which weights get a posterior; the others stay as trained. `'last-layer'`, `'all'`, those of some layers, or a
   * {@link Subnetwork} of single weights. Default `'last-layer'`.
   */
  readonly weights?: LaplaceWeights;
  /**
   * How much of the curvature is kept. Default `'kron'`; `'full'` for a subnetwork of single weights, which has no factors.
   *
   * - `'full'`: all of it, for some thousand weights; `'diag'`: each weight for itself
   * - `'kron'`: Kronecker factors of each weight tensor (KFAC)
   * - `'low-rank'`: the leading `rank` eigenpairs; along all other directions the prior stays
   * - `'functional'`: that of a `subset` of the data, exact for it: the Gaussian process of the linearized net
   * - `'ella'`: that of all data within the `rank` leading directions of a subset's kernel; along all others there is no
   *   variance, so that far from the data it is too sure (Deng et al. 2022)
   *
   * The last three read the data several times.
   */
  readonly structure?: CurvatureStructure;
  /** Most directions kept by `'low-rank'` and `'ella'`. Default 20. */
  readonly rank?: number;
  /**
   * When the search of `'low-rank'` ends: once another pass over the data raises the curvature that the directions hold by
   * no more than this fraction. Default 1e-3.
   */
  readonly tolerance?: number;
  /**
   * The examples that `'functional'` and `'ella'` take their directions from: how many, drawn with `rng`, or their indices.
   * Each counts for N / subset of the N examples in `'functional'`. Memory: one number for each weight, output and example.
   * Default 100.
   */
  readonly subset?: number | ArrayLike<number>;
  /**
   * How `'kron'` treats weights that are used at several positions, such as those of a convolution (Eschenhagen et al. 2023):
   * `'expand'`, the default, as if each position had its own target, or `'reduce'`, averaged over the positions, for nets that
   * pool them; cheaper. The last layer of a net with an output at each position is always expanded.
   */
  readonly sharing?: WeightSharing;
  /**
   * Whether `'kron'` puts the prior into both factors: precision (sqrt(s) A + sqrt(p) I) (x) (sqrt(s) B + sqrt(p) I) for the
   * input factor A, the output factor B, the prior precision p and s = 1 / (noiseScale^2 temperature), in place of
   * s A (x) B + p I. A Kronecker product itself, and narrower. Biases keep s B + p I. Default false.
   */
  readonly damping?: boolean;
  /**
   * Which curvature: `'ggn'`, the default; `'mc-fisher'`, its estimate from drawn labels, cheaper for many outputs;
   * `'empirical-fisher'` from the labels' own gradients; `'hessian'`, exact, for small nets and structure `'full'` (or the
   * last layer), where negative curvature counts as 0 with a warning.
   */
  readonly curvature?: CurvatureKind;
  /** Draws of each label for `'mc-fisher'`. Default 1. */
  readonly samples?: number;
  /** Where those draws, and the random choices of a structure, come from. Default: a fixed seed. */
  readonly rng?: Rng;
  /**
   * Precision (1 / variance) of the Gaussian prior over the weights: one number; one for each weight tensor; or, with
   * `'full'` and `'diag'`, one for each weight that has a posterior. Lists, typed or not, are copied. Default 1; `tune()`
   * finds a better one.
   */
  readonly priorPrecision?: PriorPrecision;
  /**
   * Mean of the prior over the weights: one number, or one for each weight that has a posterior, such as the weights that an
   * earlier task was learned with. Lists, typed or not, are copied. Default 0.
   */
  readonly priorMean?: PriorMean;
  /**
   * Standard deviation of the observation noise of a Gaussian likelihood, in the units of y. Default: that of the
   * likelihood given, and for the name `'gaussian'` the maximum-likelihood estimate, the root mean squared residual. A list
   * has one number for each output; `'per-output'` estimates each from its own residuals, in a pass over the data before the
   * fit's.
   */
  readonly noiseScale?: number | readonly number[] | 'per-output';
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
    /** Called after each batch with the number of examples in it and its index, which goes on where several passes are made. */
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
   * the residual maximum-likelihood estimate stays, which is the safer choice after training. Where each output has noise of
   * its own, all are scaled together.
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
  /**
   * The noise scale now in use, the geometric mean where outputs differ; undefined for likelihoods without noise.
   */
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
  rank: true,
  tolerance: true,
  subset: true,
  sharing: true,
  damping: true,
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
