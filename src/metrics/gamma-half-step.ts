import {studentTPdf} from '../special/student-t.ts';

/** Gamma(x + 1/2) / Gamma(x), without the cancellation of two logarithms: the density of t at 0 is built on it. */
export function gammaHalfStep(x: number): number {
  return Math.sqrt(2 * Math.PI * x) * studentTPdf(0, 2 * x);
}
