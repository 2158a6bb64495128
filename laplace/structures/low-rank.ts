import {rowProducts, type SubspaceCurvature, weightCount} from '../../src/curvature/index.ts';
import {eigh, type Matrix, transpose} from '../../src/linalg/index.ts';
import {LowRankGaussian, type SubspaceBasis} from './low-rank-gaussian.ts';
import {
  commonPrior,
  type PosteriorStructure,
  type PrecisionTerms,
  roundingFloor,
  sumGroups,
  type WeightGaussian,
} from './structure.ts';

/**
 * The prior and the curvature of a few directions: with Q orthonormal rows of P0^-1/2 H P0^-1/2 and their eigenvalues l,
 *
 *     P = P0^1/2 (I + Q^T diag(scale l) Q) P0^1/2
 *
 * so that all determinants and inverses are those of diagonal matrices. For one prior precision Q and l follow from the
 * eigenpairs of H itself; for one of each tensor, from a K x K eigendecomposition.
 */
export class LowRankStructure implements PosteriorStructure {
  readonly #curvature: SubspaceCurvature;
  /** For each weight tensor, the products of the directions over its columns, [K, K]. */
  #products: readonly Matrix[] | undefined;

  constructor(curvature: SubspaceCurvature) {
    this.#curvature = curvature;
  }

  logDeterminant(terms: PrecisionTerms): number {
    const prior = terms.prior as readonly number[];
    const {values} = this.#decompose(prior);
    const fromPrior = this.#curvature.layouts.reduce((sum, {size}, i) => sum + size * Math.log(prior[i] as number), 0);
    return values.reduce((sum, value) => sum + Math.log1p(terms.scale * value), fromPrior);
  }

  logDeterminants(): (terms: PrecisionTerms) => number {
    return (terms) => this.logDeterminant(terms);
  }

  effectiveParameters(terms: PrecisionTerms, groups: readonly (readonly number[])[]): number[] {
    const prior = terms.prior as readonly number[];
    const {values, mix} = this.#decompose(prior);
    const determined = values.map((value) => (terms.scale * value) / (1 + terms.scale * value));
    if (groups.length === 1) return [determined.reduce((sum, value) => sum + value, 0)];
    const byTensor = this.#tensorProducts().map((product, i) => {
      const share = mix ? mixedDiagonal(mix, product, prior[i] as number) : diagonal(product);
      return share.reduce((sum, part, k) => sum + part * (determined[k] as number), 0);
    });
    return sumGroups(byTensor, groups);
  }

  at(terms: PrecisionTerms): WeightGaussian {
    const {layouts, structure} = this.#curvature;
    const prior = terms.prior as readonly number[];
    return new LowRankGaussian(layouts, this.#decompose(prior), {
      scale: terms.scale,
      prior,
      keepsPrior: structure !== 'ella',
    });
  }

  /** Eigenvalues of P0^-1/2 H P0^-1/2, and Q = mix basis P0^-1/2; without `mix`, Q is the basis itself. */
  #decompose(prior: readonly number[]): SubspaceBasis {
    const {values, basis} = this.#curvature;
    const common = commonPrior(prior);
    if (common !== undefined) return {basis, values: values.map((value) => value / common), mix: undefined};
    const roots = values.map(Math.sqrt);
    const size = values.length;
    const scaled = new Float64Array(size * size);
    this.#tensorProducts().forEach(({data}, i) => {
      for (let k = 0; k < scaled.length; k++) {
        scaled[k] = (scaled[k] as number) + (data[k] as number) / (prior[i] as number);
      }
    });
    const data = scaled.map((v, k) => v * (roots[Math.floor(k / size)] as number) * (roots[k % size] as number));
    const eigen = eigh(
      {rows: size, cols: size, data},
      {name: 'low-rank curvature', relativeFloor: roundingFloor(size)},
    );
    const vectors = transpose(eigen.vectors).data;
    const first = eigen.values.findIndex((value) => value > 0);
    const start = first < 0 ? size : first;
    const kept = eigen.values.slice(start);
    const mix = vectors.slice(start * size).map((v, k) => {
      return (v * (roots[k % size] as number)) / Math.sqrt(kept[Math.floor(k / size)] as number);
    });
    return {basis, values: kept, mix: {rows: kept.length, cols: size, data: mix}};
  }

  #tensorProducts(): readonly Matrix[] {
    if (!this.#products) {
      const {basis, layouts, values} = this.#curvature;
      const size = weightCount(layouts);
      let offset = 0;
      this.#products = layouts.map((layout) => {
        const part = new Float32Array(values.length * layout.size);
        values.forEach((_, k) => {
          part.set(basis.subarray(k * size + offset, k * size + offset + layout.size), k * layout.size);
        });
        offset += layout.size;
        return rowProducts(part, part, layout.size);
      });
    }
    return this.#products;
  }
}

function diagonal({rows, data}: Matrix): Float64Array {
  return Float64Array.from({length: rows}, (_, k) => data[k * rows + k] as number);
}

/** The diagonal of mix product mix^T / prior. */
function mixedDiagonal(mix: Matrix, product: Matrix, prior: number): Float64Array {
  const columns = product.cols;
  return Float64Array.from({length: mix.rows}, (_, k) => {
    const row = mix.data.subarray(k * columns, (k + 1) * columns);
    let sum = 0;
    for (let a = 0; a < columns; a++) {
      for (let b = 0; b < columns; b++) {
        sum += (row[a] as number) * (product.data[a * columns + b] as number) * (row[b] as number);
      }
    }
    return sum / prior;
  });
}
