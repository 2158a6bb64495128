import {eigh} from '../linalg/index.ts';

/** Points and weights with `sum_i weights_i g(points_i)` the mean of g over a standard normal. */
export interface QuadratureRule {
  /** Where g is evaluated. */
  readonly points: readonly number[];
  /** Weights, which sum to one. */
  readonly weights: readonly number[];
}

/**
 * The Gauss-Hermite rule for the standard normal, exact for polynomials of degree 2 size - 1: points are the eigenvalues of
 * the Jacobi matrix of the Hermite polynomials, weights the squared first entries of its eigenvectors (Golub and Welsch,
 * 1969).
 */
export function gaussHermite(size: number): QuadratureRule {
  const data = new Float64Array(size * size);
  for (let k = 1; k < size; k++) {
    data[k * size + k - 1] = Math.sqrt(k);
    data[(k - 1) * size + k] = Math.sqrt(k);
  }
  const {values, vectors} = eigh({rows: size, cols: size, data});
  return {
    points: Array.from(values),
    weights: Array.from(values, (_, i) => (vectors.data[i] as number) ** 2),
  };
}
