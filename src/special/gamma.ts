import {polynomial} from './polynomial.ts';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * log |Gamma(x)|, relative error below 1e-13 for x > 0 (its zeros at 1 and 2 included).
 *
 * Infinity at 0, -1, -2, ... For negative x, near the zeros of lgamma, the error is 1e-13 absolute.
 *
 * A rational approximation on [1, 3], recurrence around it, Stirling's series from 10 on (Abramowitz & Stegun 1964,
 * 6.1.15 and 6.1.41), reflection below 0.
 */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === Infinity || x === -Infinity) return Infinity;
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingSeries(x);
  if (x >= 1) {
    let product = 1;
    while (x > 3) product *= --x;
    return Math.log(product) + lgammaNearTwo(x);
  }
  if (x > 0) return lgammaNearTwo(x + 1) - Math.log(x);
  if (Number.isInteger(x)) return Infinity;
  const sine = Math.abs(sinPi(x));
  return Math.log(Math.PI / (sine * -x)) - lgamma(-x);
}

/**
 * Digamma function, the derivative of lgamma, relative error below 1e-13 for x > 0 (its zero at 1.4616 included).
 *
 * NaN at 0, -1, -2, ... A rational approximation on [1, 2], recurrence and the asymptotic series from 10 on
 * (Abramowitz & Stegun 1964, 6.3.5 and 6.3.18), reflection below 0.
 */
export function digamma(x: number): number {
  if (x <= 0) return Number.isInteger(x) || x === -Infinity ? Number.NaN : digamma(1 - x) - cotPiTimesPi(x);
  if (x >= 10) {
    const w = 1 / (x * x);
    return Math.log(x) - 0.5 / x - w * polynomial(DIGAMMA_SERIES, w);
  }
  if (x < 1) return digammaNearOne(x + 1) - 1 / x;
  let sum = 0;
  while (x > 2) sum += 1 / --x;
  return sum + digammaNearOne(x);
}

/**
 * Trigamma function, the second derivative of lgamma, relative error below 1e-13 for x > 0.
 *
 * Infinity at 0, -1, -2, ... Recurrence and the asymptotic series from 10 on (Abramowitz & Stegun 1964, 6.4.6 and
 * 6.4.12), reflection below 0.
 */
export function trigamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity;
    const ratio = Math.PI / sinPi(x);
    return ratio * ratio - trigamma(1 - x);
  }
  let sum = 0;
  for (; x < 10; x++) sum += 1 / (x * x);
  if (x === Infinity) return 0;
  const w = 1 / (x * x);
  return sum + (1 / x) * (1 + 0.5 / x + w * polynomial(TRIGAMMA_SERIES, w));
}

/** What Stirling's formula (x - 1/2) log x - x + log(2 pi) / 2 leaves of lgamma(x), for x > 0. */
export function stirlingError(x: number): number {
  if (x >= 10) return stirlingSeries(x);
  return lgamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_2PI);
}

function stirlingSeries(x: number): number {
  const w = 1 / (x * x);
  return polynomial(STIRLING_SERIES, w) / x;
}

/** lgamma on [1, 3]: its zeros at 1 and 2 divided out. */
function lgammaNearTwo(x: number): number {
  const t = x - 2;
  return ((x - 1) * t * polynomial(LGAMMA_P, t)) / polynomial(LGAMMA_Q, t);
}

/** digamma on [1, 2]: its zero, in two parts for the digits beyond float64, divided out. */
function digammaNearOne(x: number): number {
  const t = x - 1;
  const fromZero = x - 1.4616321449683622 - 9.549995429965697e-17;
  return (fromZero * polynomial(DIGAMMA_P, t)) / polynomial(DIGAMMA_Q, t);
}

/** sin(pi x), exact in its reduction of the argument. */
function sinPi(x: number): number {
  const nearest = Math.round(x);
  const value = Math.sin(Math.PI * (x - nearest));
  return nearest % 2 === 0 ? value : -value;
}

function cotPiTimesPi(x: number): number {
  return Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
}

// Bernoulli numbers B_2k over 2k (2k - 1), over 2k, and bare.
const STIRLING_SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160];
const TRIGAMMA_SERIES = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

const LGAMMA_P = [
  0.42278433509846713, 0.7446983132107947, 0.5193055283793976, 0.18152382648347196, 0.033082460331042354,
  0.002935427941079409, 9.982884455195008e-5, 3.8963445358207393e-7, -2.7472459168142715e-9,
];
const LGAMMA_Q = [
  1, 1.9986918736909758, 1.624572734572609, 0.6882797416261857, 0.1616150908767979, 0.020567185846819873,
  0.0012694211145419735, 2.7694957011277025e-5,
];
const DIGAMMA_P = [
  1.2503801375034054, 2.0411087477806844, 1.2230507843318603, 0.34147280190464624, 0.04591029345598592,
  0.0027161996380116174, 5.23549255486597e-5, 6.368515133880996e-8,
];
const DIGAMMA_Q = [
  1, 2.315937386980913, 1.9594031821041815, 0.7901860963473188, 0.1626356759950898, 0.016650272465346456,
  0.0007449827179226764, 1.0084992601278136e-5,
];
