import type {Block} from './product-kernel.ts';

/**
 * Solves X T^T = B in place of B [rows, k] for a lower triangular T [k, k], four rows at a time: the step below the
 * diagonal block of a Cholesky factorization.
 */
export function solveRowsTransposed(T: Block, B: Block, rows: number, k: number): void {
  const t = T.data;
  const b = B.data;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const r0 = B.offset + i * B.stride;
    const r1 = r0 + B.stride;
    const r2 = r1 + B.stride;
    const r3 = r2 + B.stride;
    for (let j = 0; j < k; j++) {
      const row = T.offset + j * T.stride;
      let s0 = b[r0 + j] as number;
      let s1 = b[r1 + j] as number;
      let s2 = b[r2 + j] as number;
      let s3 = b[r3 + j] as number;
      for (let p = 0; p < j; p++) {
        const y = t[row + p] as number;
        s0 -= y * (b[r0 + p] as number);
        s1 -= y * (b[r1 + p] as number);
        s2 -= y * (b[r2 + p] as number);
        s3 -= y * (b[r3 + p] as number);
      }
      const pivot = t[row + j] as number;
      b[r0 + j] = s0 / pivot;
      b[r1 + j] = s1 / pivot;
      b[r2 + j] = s2 / pivot;
      b[r3 + j] = s3 / pivot;
    }
  }
  for (; i < rows; i++) {
    const r = B.offset + i * B.stride;
    for (let j = 0; j < k; j++) {
      const row = T.offset + j * T.stride;
      let sum = b[r + j] as number;
      for (let p = 0; p < j; p++) sum -= (t[row + p] as number) * (b[r + p] as number);
      b[r + j] = sum / (t[row + j] as number);
    }
  }
}
