import {CholeskyDecomposition, EigenvalueDecomposition, Matrix as MlMatrix} from 'ml-matrix';
import {cholesky, eigenvalues, eigh, gram, matMul, matrix} from '../src/linalg/index.ts';
import {createRng} from '../src/random/index.ts';
import {medianTimes} from './support/median-times.ts';
import type {BenchRow} from './support/row.ts';

/** Dense float64 decompositions and products against ml-matrix. */
export async function run(): Promise<BenchRow[]> {
  return [256, 512].flatMap((n) => {
    const X = matrix(n + 10, n, createRng(n).normals((n + 10) * n));
    const A = gram(X);
    const oracle = MlMatrix.from1DArray(n, n, A.data);
    const [factor, product, values, vectors, mlFactor, mlProduct, mlVectors] = medianTimes(5, [
      () => cholesky(A),
      () => matMul(A, A),
      () => eigenvalues(A),
      () => eigh(A).vectors,
      () => new CholeskyDecomposition(oracle).lowerTriangularMatrix,
      () => oracle.mmul(oracle),
      () => new EigenvalueDecomposition(oracle, {assumeSymmetric: true}),
    ]) as [number, number, number, number, number, number, number];
    const rate = (flops: number, ms: number) => `${(flops / ms / 1e6).toFixed(1)} GFLOP/s; ml-matrix`;
    return [
      {name: `Cholesky ${n}`, ours: factor, reference: mlFactor, unit: 'ms', note: rate(n ** 3 / 3, factor)},
      {name: `matrix product ${n}`, ours: product, reference: mlProduct, unit: 'ms', note: rate(2 * n ** 3, product)},
      {name: `eigenvalues ${n}`, ours: values, reference: mlVectors, unit: 'ms', note: 'ml-matrix: with vectors'},
      {name: `eigenvalues and vectors ${n}`, ours: vectors, reference: mlVectors, unit: 'ms', note: 'ml-matrix'},
    ] satisfies BenchRow[];
  });
}
