import type {Likelihood} from '../src/likelihoods/index.ts';
import {checkNoise, curvatureScale, logLikelihood, logMarginalLikelihood, noisePower} from './evidence.ts';
import type {Fit} from './fit.ts';
import {maximizePositive} from './maximize.ts';
import {meanAt} from './prior-mean.ts';
import {expandPrior} from './prior-precision.ts';
import type {ValueAndGradient} from './quasi-newton.ts';
import type {StructureOptions} from './structure-options.ts';
import {posteriorStructure} from './structures/index.ts';
import type {PosteriorStructure, PrecisionTerms, WeightGaussian} from './structures/structure.ts';

/** What a fit is combined with to give a posterior. */
export interface Assumptions {
  readonly priorPrecision: number | readonly number[];
  readonly priorMean: number | readonly number[];
  readonly temperature: number;
  /** Of a likelihood with observation noise. */
  readonly noiseScale: Likelihood['noiseScale'] | undefined;
}

/** A fit under changing assumptions: decompositions of its curvature are computed once, when first needed. */
export class Approximation {
  readonly fit: Fit;
  readonly #options: Pick<StructureOptions, 'damping'>;
  #structure: PosteriorStructure | undefined;

  constructor(fit: Fit, options: Pick<StructureOptions, 'damping'>) {
    this.fit = fit;
    this.#options = options;
  }

  logLikelihood({noiseScale, temperature}: Assumptions): number {
    checkNoise(this.fit, noiseScale);
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

  /**
   * The marginal likelihood and its derivatives with respect to the log prior precision of each group of weight tensors
   * and, last, to the log noise scale:
   *
   *     1/2 (effective parameters - prior |w - priorMean|^2),    S / (noiseScale^2 temperature) - targets + effective parameters
   *
   * with twice the effective parameters at the end where the curvature goes with the fourth power of the noise.
   */
  slopes(assumptions: Assumptions, groups: readonly (readonly number[])[]): ValueAndGradient {
    const {fit} = this;
    const {noiseScale, temperature, priorMean} = assumptions;
    const logDeterminant = this.#decomposed.logDeterminants();
    const terms = this.#terms(assumptions);
    const effective = this.#decomposed.effectiveParameters(terms, groups);
    const scatter = tensorScatter(fit, priorMean);
    const gradient = groups.map((group, k) => {
      const pull = group.reduce((sum, i) => sum + (terms.prior[i] as number) * (scatter[i] as number), 0);
      return 0.5 * ((effective[k] as number) - pull);
    });
    if (noiseScale !== undefined) {
      const misfit = (2 * (fit.halfSumOfSquares ?? 0)) / (noiseScale * noiseScale * temperature);
      const determined = effective.reduce((sum, value) => sum + value, 0);
      gradient.push(misfit - fit.targets + 0.5 * noisePower(fit) * determined);
    }
    return {value: this.#evidence(assumptions, logDeterminant), gradient};
  }

  /** The weight posterior; the caller disposes its tensors. */
  gaussian(assumptions: Assumptions): WeightGaussian {
    return this.#decomposed.at(this.#terms(assumptions));
  }

  get #decomposed(): PosteriorStructure {
    this.#structure ??= posteriorStructure(this.fit.curvature, this.fit.kind, this.#options);
    return this.#structure;
  }

  #terms({priorPrecision, noiseScale, temperature}: Assumptions): PrecisionTerms {
    checkNoise(this.fit, noiseScale);
    const {structure, layouts} = this.fit.curvature;
    return {
      scale: curvatureScale(this.fit, noiseScale, temperature),
      prior: expandPrior(priorPrecision, {structure, tensors: layouts}, 'laplace'),
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

/** Squared distance of each weight tensor from the prior mean. */
function tensorScatter({curvature, values}: Fit, priorMean: number | readonly number[]): number[] {
  let offset = 0;
  return curvature.layouts.map(({size}) => {
    const start = offset;
    const part = values.subarray(start, (offset += size));
    return part.reduce((sum, value, i) => sum + (value - meanAt(priorMean, start + i)) ** 2, 0);
  });
}
