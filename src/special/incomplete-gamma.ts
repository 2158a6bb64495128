import {logMinus} from './beta.ts';
import {stirlingError} from './gamma.ts';

const MAX_TERMS = 1_000_000;

/**
 * Regularized lower incomplete gamma function P(a, x): the probability that a Gamma(a, 1) variable is below x.
 *
 * P(a, x) = integral from 0 to x of t^(a-1) e^-t dt / Gamma(a), for a > 0 and x >= 0, else NaN. Relative error below
 * 1e-12; the upper tail is {@link gammaQ}.
 *
 * Power series below x = a + 1, continued fraction above (Abramowitz & Stegun 1964, 6.5.29 and 6.5.31), of which some
 * sqrt(a) terms are taken; the factor before them is built from a deviance (Loader 2000).
 */
export function gammaP(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0 || x === Infinity) return x === 0 ? 0 : 1;
  return x < a + 1 ? series(a, x) : 1 - continuedFraction(a, x);
}

/** Regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), accurate in that tail; see {@link gammaP}. */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0 || x === Infinity) return x === 0 ? 1 : 0;
  return x < a + 1 ? 1 - series(a, x) : continuedFraction(a, x);
}

function series(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= MAX_TERMS && term > 1e-17 * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return (factor(a, x) * sum) / a;
}

/** Q(a, x) by Lentz's method. */
function continuedFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n <= MAX_TERMS; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / nonZero(b + numerator * d);
    c = nonZero(b + numerator / c);
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return factor(a, x) * value;
}

/** x^a e^-x / Gamma(a). */
function factor(a: number, x: number): number {
  return Math.exp(a * logMinus(x / a, (x - a) / a) - stirlingError(a)) * Math.sqrt(a / (2 * Math.PI));
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}
