export {type Cholesky, type CholeskyOptions, cholesky, logDeterminant} from './cholesky.ts';
export {
  KroneckerEigen,
  type KroneckerFunction,
  kroneckerEigen,
  kroneckerLogDeterminant,
  type Power,
} from './kronecker.ts';
export {fromRows, identity, type Matrix, matrix, symmetrize, transpose} from './matrix.ts';
export {gram, matMul, matVec} from './multiply.ts';
export {NotConvergedError} from './not-converged.ts';
export {type SignificantPartOptions, significantPart} from './significant-part.ts';
export {
  type EigenDecomposition,
  eigenvalues,
  eigh,
  SymmetricEigen,
  type SymmetricEigenOptions,
} from './symmetric-eigen.ts';
export {
  choleskyInverse,
  choleskySolve,
  invertLower,
  solveLower,
  solveLowerTransposed,
} from './triangular-solve.ts';
