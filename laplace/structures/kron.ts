import type {KronBlock, KronCurvature, WeightLayout} from '../../src/curvature/index.ts';
import {eigh, kroneckerLogDeterminant, type SymmetricEigen, significantPart} from '../../src/linalg/index.ts';
import {type BlockTerms, blockPrecision, KronGaussian, type KronGroup, scalarPrior} from './kron-gaussian.ts';
import {
  FLOAT32_NOISE,
  type PosteriorStructure,
  type PrecisionTerms,
  roundingFloor,
  sumGroups,
  type WeightGaussian,
} from './structure.ts';

/**
 * Kronecker blocks, diagonalized once: the precision of a block `scale A (x) B + prior I` has the eigenvalues
 * `scale a_i b_j + prior` for every scale and prior. Takes one prior precision for each weight tensor. Directions in which
 * the float32 sums of a factor hold nothing but noise are as wide as the prior.
 *
 * With `damping`, weights with two factors have the precision (sqrt(scale) A + sqrt(prior) I) (x) (sqrt(scale) B +
 * sqrt(prior) I) in its place (Martens and Grosse 2015): a Kronecker product itself, and narrower.
 */
export class KronStructure implements PosteriorStructure {
  readonly #layouts: readonly WeightLayout[];
  readonly #blocks: readonly (readonly KronGroup[])[];

  constructor(curvature: KronCurvature, {damping = false}: {damping?: boolean} = {}) {
    this.#layouts = curvature.layouts;
    const blocks: KronGroup[][] = [];
    curvature.layouts.forEach((layout, i) => {
      const block = curvature.blocks[i] as KronBlock;
      const [before] = blocks[i - 1] ?? [];
      // A bias mostly has the output factor of the kernel it follows.
      const known =
        layout.groups === 1 && sameNumbers(curvature.blocks[i - 1]?.outputs, block.outputs) ? before : undefined;
      const damped = damping && layout.kind !== 'direct';
      blocks.push(diagonalize(layout, block, known?.outputs).map((group) => ({...group, damped})));
    });
    this.#blocks = blocks;
  }

  logDeterminant(terms: PrecisionTerms): number {
    let sum = 0;
    this.#blocks.forEach((groups, i) => {
      const prior = scalarPrior(terms, i);
      for (const {inputs, outputs, damped} of groups) {
        sum += damped
          ? dampedLogDeterminant(inputs.values, outputs.values, terms.scale, prior)
          : kroneckerLogDeterminant(inputs.values, outputs.values, terms.scale, prior);
      }
    });
    return sum;
  }

  logDeterminants(): (terms: PrecisionTerms) => number {
    return (terms) => this.logDeterminant(terms);
  }

  effectiveParameters(terms: PrecisionTerms, groups: readonly (readonly number[])[]): number[] {
    const determined = this.#blocks.map((blockGroups, i) => {
      const prior = scalarPrior(terms, i);
      let sum = 0;
      for (const {inputs, outputs, damped} of blockGroups) {
        for (const a of inputs.values) {
          for (const b of outputs.values) sum += determinedPart(a, b, {scale: terms.scale, prior, damped});
        }
      }
      return sum;
    });
    return sumGroups(determined, groups);
  }

  at(terms: PrecisionTerms): WeightGaussian {
    return new KronGaussian(this.#layouts, this.#blocks, terms);
  }
}

/** log det of (sqrt(scale) A + sqrt(prior) I) (x) (sqrt(scale) B + sqrt(prior) I). */
function dampedLogDeterminant(a: Float64Array, b: Float64Array, scale: number, prior: number): number {
  const [s, p] = [Math.sqrt(scale), Math.sqrt(prior)];
  const one = (values: Float64Array): number => values.reduce((sum, value) => sum + Math.log(s * value + p), 0);
  return b.length * one(a) + a.length * one(b);
}

/** By how much the log of a precision grows with the log of the scale: 1 less how much it grows with that of the prior. */
function determinedPart(a: number, b: number, terms: BlockTerms): number {
  if (!terms.damped) return (terms.scale * a * b) / blockPrecision(a, b, terms);
  const [s, p] = [Math.sqrt(terms.scale), Math.sqrt(terms.prior)];
  return 0.5 * ((s * a) / (s * a + p) + (s * b) / (s * b + p));
}

function sameNumbers(a: Float64Array | undefined, b: Float64Array): boolean {
  return a?.length === b.length && a.every((value, i) => value === b[i]);
}

/** `known` is the decomposition of the output factor where it has been computed already. */
function diagonalize(
  {kind, name, inputs, groups, outputs}: WeightLayout,
  block: KronBlock,
  known: SymmetricEigen | undefined,
): Omit<KronGroup, 'damped'>[] {
  const count = Math.max(block.count, 1);
  const mean = block.inputs.map((value) => value / count);
  return Array.from({length: groups}, (_, k) => ({
    inputs:
      kind === 'outer' || kind === 'grouped'
        ? eigen(mean.subarray(k * inputs * inputs, (k + 1) * inputs * inputs), inputs, `input factor of ${name}`)
        : {values: mean},
    outputs:
      known ??
      eigen(
        block.outputs.subarray(k * outputs * outputs, (k + 1) * outputs * outputs),
        outputs,
        `output factor of ${name}`,
      ),
  }));
}

function eigen(data: Float64Array, size: number, name: string): SymmetricEigen {
  const factor = significantPart({rows: size, cols: size, data}, {name, noise: FLOAT32_NOISE});
  return eigh(factor, {name, relativeFloor: roundingFloor(size)});
}
