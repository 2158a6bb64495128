import {erf, erfc, erfcx} from './erf.ts';
import {polynomial} from './polynomial.ts';

const INV_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Standard normal density exp(-x^2 / 2) / sqrt(2 pi). */
export function normalPdf(x: number): number {
  return INV_SQRT_2PI * expMinusHalfSquare(x);
}

/**
 * Standard normal distribution function Phi(x), with a relative error below 1e-14 down to its underflow at x = -38.
 *
 * Phi(x) = erfc(-x / sqrt(2)) / 2; the upper tail is `normalCdf(-x)`.
 */
export function normalCdf(x: number): number {
  if (x < -1) return 0.5 * expMinusHalfSquare(x) * erfcx(-x * Math.SQRT1_2);
  if (x < 1) return 0.5 + 0.5 * erf(x * Math.SQRT1_2);
  return 1 - 0.5 * erfc(x * Math.SQRT1_2);
}

/** log Phi(x), accurate in both tails: about -x^2/2 - log(-x sqrt(2 pi)) far to the left, about -Phi(-x) far to the right. */
export function logNormalCdf(x: number): number {
  if (x < -1) return Math.log(0.5 * erfcx(-x * Math.SQRT1_2)) - 0.5 * x * x;
  if (x < 0) return Math.log(normalCdf(x));
  return Math.log1p(-normalCdf(-x));
}

/**
 * Standard normal quantile: the x with Phi(x) = p, relative error below 1e-14 for every float64 p.
 *
 * `normalQuantile(0)` is -Infinity, `normalQuantile(1)` Infinity; p outside [0, 1] gives NaN. For an upper-tail
 * probability q too small for 1 - q, use `-normalQuantile(q)`.
 *
 * Three rational approximations over the ranges of Wichura (1988), Algorithm AS 241; the coefficients were computed
 * anew.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const t = 0.180625 - q * q;
    return (q * polynomial(CENTRE_P, t)) / polynomial(CENTRE_Q, t);
  }
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Infinity : Number.NaN;
  const r = Math.sqrt(-Math.log(tail));
  const size =
    r <= 5
      ? polynomial(MIDDLE_P, r - 1.6) / polynomial(MIDDLE_Q, r - 1.6)
      : polynomial(FAR_P, r - 5) / polynomial(FAR_Q, r - 5);
  return q < 0 ? -size : size;
}

/** exp(-x^2 / 2), the square taken in two parts so that a large x^2 does not magnify its rounding. */
function expMinusHalfSquare(x: number): number {
  if (x * x > 1600) return 0;
  const head = Math.fround(x);
  return Math.exp(-0.5 * head * head) * Math.exp(0.5 * (head - x) * (head + x));
}

const CENTRE_P = [
  3.3871328727963665, 148.75654077063152, 2548.2248573022625, 21627.48116049056, 95692.73551269759, 213550.16248438213,
  214247.3801984238, 74060.81462563902, 3907.007639023816,
];
const CENTRE_Q = [
  1, 46.92338689522055, 871.2838940641986, 8176.878340636071, 41169.98166790856, 109244.70555458817, 140376.82723612545,
  72342.69749284587, 9398.46451720659,
];
const MIDDLE_P = [
  1.4234371107496835, 4.659596782623519, 5.8987254714860855, 3.8719514623515794, 1.4641991020023066, 0.3296109012880053,
  0.042964140158457134, 0.002879354404346347, 7.131719053912417e-5,
];
const MIDDLE_Q = [
  1, 2.0737467577679, 1.7425101623593315, 0.7696495684467819, 0.193284772647986, 0.027393700521754213,
  0.0019557710976134037, 5.042444387572038e-5, 3.717486111024199e-11,
];
const FAR_P = [
  6.657904643501121, 5.592805949838521, 1.887940165383727, 0.3291029848134322, 0.03169629004855287,
  0.0016762454721176829, 4.565123421751098e-5, 5.538816116621746e-7, 2.116699507076499e-9,
];
const FAR_Q = [
  1, 0.6192108317515392, 0.14813820603971828, 0.01731347967757269, 0.001034612566778667, 3.0365165630389542e-5,
  3.8417140684677063e-7, 1.4967311263708252e-9,
];
