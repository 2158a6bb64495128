import {type Matrix, matrix} from './matrix.ts';
import {secularRoot} from './secular-equation.ts';

/**
 * Eigenvalues and eigenvectors of diag(poles) + rho z z^T: ascending values, and eigenvector j in row j.
 *
 * The vectors belong to the z for which the computed values are exact, so that they are orthogonal to rounding however
 * close the values lie (Gu and Eisenstat, 1994). The poles ascend strictly, no z is zero, and rho is positive.
 */
export function updatedEigen(poles: Float64Array, z: Float64Array, rho: number): {values: Float64Array; rows: Matrix} {
  const k = poles.length;
  const values = new Float64Array(k);
  const rows = matrix(k, k);
  const away = rows.data;
  for (let j = 0; j < k; j++) {
    const {origin, distance} = secularRoot(poles, z, rho, j);
    const base = poles[origin] as number;
    values[j] = base + distance;
    for (let i = 0; i < k; i++) away[j * k + i] = (poles[i] as number) - base - distance;
  }
  const exact = new Float64Array(k).fill(1);
  for (let j = 0; j < k; j++) {
    const pole = poles[j] as number;
    for (let i = 0; i < k; i++) {
      const ratio = i === j ? 1 : 1 / ((poles[i] as number) - pole);
      exact[i] = (exact[i] as number) * (away[j * k + i] as number) * ratio;
    }
  }
  for (let i = 0; i < k; i++) {
    const size = Math.sqrt(Math.abs(exact[i] as number));
    exact[i] = (z[i] as number) < 0 ? -size : size;
  }
  for (let j = 0; j < k; j++) {
    let squares = 0;
    for (let i = 0; i < k; i++) {
      const element = (exact[i] as number) / (away[j * k + i] as number);
      away[j * k + i] = element;
      squares += element * element;
    }
    const norm = Math.sqrt(squares);
    for (let i = 0; i < k; i++) away[j * k + i] = (away[j * k + i] as number) / norm;
  }
  return {values, rows};
}
