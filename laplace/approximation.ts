import type {Likelihood} from '../src/likelihoods/index.ts';
import {curvatureScale, logLikelihood, logMarginalLikelihood} from './evidence.ts';
import type {Fit} from './fit.ts';
import {maximizePositive} from './maximize.ts';
import {expandPrior} from './options.ts';
import {posteriorStructure} from './structures/index.ts';
import type {PosteriorStructure, PrecisionTerms, WeightGaussian} from './structures/structure.ts';

/** What a fit is combined with to give a posterior. */
export interface Assumptions {
  readonly priorPrecision: number | readonly number[];
  readonly priorMean: number;
  readonly temperature: number;
  /** Of a likelihood with observation noise. */
  readonly noiseScale: Likelihood['noiseScale'] | undefined;
}

/** A fit under changing assumptions: decompositions of its curvature are computed once, when first needed. */
export class Approximation {
  readonly fit: Fit;
  #structure: PosteriorStructure | undefined;

  constructor(fit: Fit) {
    this.fit = fit;
  }

  logLikelihood({noiseScale, temperature}: Assumptions): number {
    return logLikelihood(this.fit, noiseScale, temperature);
  }

  logMarginalLikelihood(assumptions: Assumptions): number {
    return this.#evidence(assumptions, (terms) => this.#decomposed.logDeterminant(terms));
  }

  /** The scalar prior precision of highest marginal likelihood, the other assumptions fixed. */
  bestPriorPrecision(assumptions: Assumptions): number {
    const logDeterminant = this.#decomposed.logDeterminants();
    return maximizePositive(
      (priorPrecision) => this.#evidence({...assumptions, priorPrecision}, logDeterminant),
      'priorPrecision',
    );
  }

  /** The weight posterior; the caller disposes its tensors. */
  gaussian(assumptions: Assumptions): WeightGaussian {
    return this.#decomposed.at(this.#terms(assumptions));
  }

  get #decomposed(): PosteriorStructure {
    this.#structure ??= posteriorStructure(this.fit.curvature);
    return this.#structure;
  }

  #terms({priorPrecision, noiseScale, temperature}: Assumptions): PrecisionTerms {
    return {
      scale: curvatureScale(noiseScale, temperature),
      prior: expandPrior(priorPrecision, this.fit.curvature.layouts, 'laplace'),
    };
  }

  #evidence(assumptions: Assumptions, logDeterminant: (terms: PrecisionTerms) => number): number {
    const {curvature, values} = this.fit;
    return logMarginalLikelihood(this.logLikelihood(assumptions), this.#terms(assumptions), logDeterminant, {
      values,
      layouts: curvature.layouts,
      priorMean: assumptions.priorMean,
    });
  }
}
