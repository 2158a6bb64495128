import {betainc} from './beta.ts';
import {stirlingError} from './gamma.ts';
import {normalCdf, normalPdf, normalQuantile} from './normal.ts';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** From here on t^2 may overflow, and the tail is t pdf(t) / df to the last digit. */
const FAR = 1e150;

/** Density at t of Student's t distribution with df > 0 degrees of freedom; df = Infinity is the standard normal. */
export function studentTPdf(t: number, df: number): number {
  if (!(df > 0)) return Number.NaN;
  if (df === Infinity) return normalPdf(t);
  return Math.exp(logPdf(t, df));
}

function logPdf(t: number, df: number): number {
  const half = 0.5 * df;
  const size = Math.abs(t);
  const logKernel = size < FAR ? Math.log1p((t / df) * t) : 2 * Math.log(size) - Math.log(df);
  // Gamma(half + 1/2) / Gamma(half) by Stirling's formula, whose large terms cancel on paper.
  const logRatio = half * Math.log1p(0.5 / half) - 0.5 + stirlingError(half + 0.5) - stirlingError(half);
  return logRatio - (half + 0.5) * logKernel - HALF_LOG_2PI;
}

/**
 * Distribution function at t of Student's t distribution with df > 0 degrees of freedom; df = Infinity is the standard normal.
 *
 * For t < 0 it is I_z(df/2, 1/2) / 2 with z = df / (df + t^2) (Abramowitz & Stegun 1964, 26.7.1), accurate in that tail;
 * the upper tail is `studentTCdf(-t, df)`. NaN for df <= 0.
 */
export function studentTCdf(t: number, df: number): number {
  if (!(df > 0)) return Number.NaN;
  if (df === Infinity) return normalCdf(t);
  if (Math.abs(t) === Infinity) return t > 0 ? 1 : 0;
  if (Math.abs(t) >= FAR) {
    const tail = Math.exp(logPdf(t, df) + Math.log(Math.abs(t)) - Math.log(df));
    return t < 0 ? tail : 1 - tail;
  }
  const x = 1 / (1 + (t / df) * t);
  const y = 1 / (1 + df / t / t);
  if (t < 0) return 0.5 * betainc(0.5 * df, 0.5, x, y);
  return 0.5 + 0.5 * betainc(0.5, 0.5 * df, y, x);
}

/**
 * Quantile of Student's t distribution: the t with studentTCdf(t, df) = p, relative error below 1e-12.
 *
 * `p` = 0 and 1 give ∓Infinity; p outside [0, 1] or df <= 0 gives NaN. df = Infinity is the standard normal.
 * Newton's method, from the centre outwards for the middle half of the distribution, on log p against log |t| in the
 * tails; both are monotone. A quantile beyond the range of float64, which a df below about 1 can have, is ∓Infinity.
 */
export function studentTQuantile(p: number, df: number): number {
  if (!(df > 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (df === Infinity || p === 0 || p === 1) return normalQuantile(p);
  const q = p - 0.5;
  if (Math.abs(q) < 0.25) return Math.sign(q) * central(Math.abs(q), df);
  return q < 0 ? -upperTail(p, df) : upperTail(1 - p, df);
}

/** The t > 0 with probability q between 0 and t. */
function central(q: number, df: number): number {
  let t = q / studentTPdf(0, df);
  for (let i = 0; i < 50; i++) {
    const x = 1 / (1 + (t / df) * t);
    const y = 1 / (1 + df / t / t);
    const step = (q - 0.5 * betainc(0.5, 0.5 * df, y, x)) / studentTPdf(t, df);
    t += step;
    if (!(Math.abs(step) > 1e-15 * t)) break;
  }
  return t;
}

/** The t > 0 with probability p above it. */
function upperTail(p: number, df: number): number {
  let t = -normalQuantile(p);
  for (let i = 0; i < 200; i++) {
    const tail = studentTCdf(-t, df);
    const step = Math.log(tail / p) * Math.exp(Math.log(tail) - Math.log(t) - logPdf(t, df));
    t *= Math.exp(step);
    if (!(Math.abs(step) > 1e-15 && t < Infinity)) break;
  }
  return t;
}
