import {gram, type Matrix, matMul, matrix, transpose} from '../../../src/linalg/index.ts';
import {createRng} from '../../../src/random/index.ts';

/** A matrix of standard normals. */
export function normalMatrix(rows: number, cols: number, seed: number | string = 1): Matrix {
  return matrix(rows, cols, createRng(seed).normals(rows * cols));
}

/** X^T X for a normal X of `rank` rows. */
export function randomGram(n: number, rank: number, seed: number | string = 1): Matrix {
  return gram(normalMatrix(rank, n, seed));
}

/** A symmetric matrix with the given eigenvalues and random eigenvectors (of a product of reflections). */
export function withEigenvalues(values: readonly number[], seed: number | string = 1): Matrix {
  const n = values.length;
  const scaled = orthogonal(n, seed);
  const columns = matrix(
    n,
    n,
    scaled.data.map((q, i) => q * (values[i % n] as number)),
  );
  return matMul(columns, transpose(scaled));
}

function orthogonal(n: number, seed: number | string): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  const rng = createRng(seed);
  for (let step = 0; step < 5; step++) {
    const v = rng.normals(n);
    const square = v.reduce((s, x) => s + x * x, 0);
    for (let i = 0; i < n; i++) {
      let inner = 0;
      for (let j = 0; j < n; j++) inner += (result.data[i * n + j] as number) * (v[j] as number);
      for (let j = 0; j < n; j++) {
        result.data[i * n + j] = (result.data[i * n + j] as number) - ((2 * inner) / square) * (v[j] as number);
      }
    }
  }
  return result;
}

/** The largest difference of two matrices' elements, as a fraction of the largest element of `expected`. */
export function relativeDifference(actual: Matrix, expected: Matrix): number {
  if (actual.rows !== expected.rows || actual.cols !== expected.cols) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  expected.data.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - (actual.data[i] as number)));
    largest = Math.max(largest, Math.abs(value));
  });
  return actual.data.some(Number.isNaN) ? Number.POSITIVE_INFINITY : largest === 0 ? difference : difference / largest;
}
