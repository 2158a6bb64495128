import {stirlingError} from './gamma.ts';

const MAX_TERMS = 1_000_000;

/**
 * Regularized incomplete beta function I_x(a, b): the probability that a Beta(a, b) variable is below x.
 *
 * I_x(a, b) = integral from 0 to x of t^(a-1) (1-t)^(b-1) dt / B(a, b), for a, b > 0 and 0 <= x <= 1, else NaN.
 * `y` is 1 - x, for callers who know it more exactly than float64 subtraction gives it.
 *
 * Continued fraction of Didonato & Morris (1992), "Algorithm 708", eq. 9, of which at most some sqrt(max(a, b)) terms
 * are taken; the factor before it is built from deviances (Loader 2000), which stay accurate for large a and b.
 */
export function betainc(a: number, b: number, x: number, y: number = 1 - x): number {
  if (!(a > 0 && b > 0 && x >= 0 && y >= 0)) return Number.NaN;
  if (x === 0 || y === 0) return x === 0 ? 0 : 1;
  if (x * (b + 1) > y * (a + 1)) return 1 - lowerTail(b, a, y, x);
  return lowerTail(a, b, x, y);
}

/** I_x(a, b) where x is at most about the mean. */
function lowerTail(a: number, b: number, x: number, y: number): number {
  return Math.exp(logFactor(a, b, x, y)) * continuedFraction(a, b, x, y);
}

/** log of x^a y^b / B(a, b). */
function logFactor(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const difference = x * b - y * a;
  return (
    a * logMinus((x * n) / a, difference / a) +
    b * logMinus((y * n) / b, -difference / b) +
    0.5 * Math.log((a / n) * (b / (2 * Math.PI))) +
    (stirlingError(n) - stirlingError(a) - stirlingError(b))
  );
}

/** log(r) - u for u = r - 1, without cancellation for small u and without losing a small r. */
export function logMinus(r: number, u: number): number {
  if (Math.abs(u) > 0.4) return Math.log(r) - u;
  const s = u / (2 + u);
  const w = s * s;
  let sum = 0;
  let power = s * w;
  for (let k = 3; Math.abs(power) > 1e-17 * w; k += 2) {
    sum += power / k;
    power *= w;
  }
  return 2 * (sum - w / (1 - s));
}

/** The continued fraction by Lentz's method; its terms hold y and a y - b x, so that x near 1 costs no digits. */
function continuedFraction(a: number, b: number, x: number, y: number): number {
  const excess = a * y - b * x;
  let c = nonZero((a / (a + 1)) * (excess + 1));
  let d = 0;
  let value = c;
  for (let n = 1; n <= MAX_TERMS; n++) {
    const t = a + 2 * n - 1;
    const ratio = (n * (b - n) * x) / t;
    const numerator = ((a + n - 1) / t) * (a + b + n - 1) * x * ratio;
    const denominator = n + ratio + ((a + n) / (t + 2)) * (excess + 1 + n * (1 + y));
    c = nonZero(denominator + numerator / c);
    d = 1 / nonZero(denominator + numerator * d);
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return 1 / value;
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}
