const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/**
 * Error function, relative error below 1e-14.
 *
 * erf(x) = 2/sqrt(pi) * integral from 0 to x of exp(-t^2) dt; erf(NaN) is NaN, erf(±Infinity) is ±1.
 *
 * Rational approximations in the manner of Cody (1969), "Rational Chebyshev approximations for the error function";
 * the coefficients were computed anew.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 0.65) {
    const tail = expMinusSquare(size) * erfcxPositive(size);
    return x > 0 ? 1 - tail : tail - 1;
  }
  return erfSmall(x);
}

/** Complementary error function 1 - erf(x), relative error below 1e-14 wherever the result is a normal float64 number. */
export function erfc(x: number): number {
  if (x > 0.65) return expMinusSquare(x) * erfcxPositive(x);
  if (x < -0.65) return 2 - expMinusSquare(x) * erfcxPositive(-x);
  return 1 - erfSmall(x);
}

/** Scaled complementary error function exp(x^2) erfc(x): the tail of erfc without its underflow, or Infinity for x < -26.6. */
export function erfcx(x: number): number {
  if (x > 0.65) return erfcxPositive(x);
  if (x < -0.65) return 2 / expMinusSquare(x) - erfcxPositive(-x);
  return Math.exp(x * x) * (1 - erfSmall(x));
}

/** exp(-x^2), exact to rounding even where x^2 is large: the square is taken in two parts. */
function expMinusSquare(x: number): number {
  if (x * x > 800) return 0;
  const head = Math.fround(x);
  return Math.exp(-head * head) * Math.exp((head - x) * (head + x));
}

/** erf on |x| <= 0.65 (and NaN). */
function erfSmall(x: number): number {
  if (Math.abs(x) < 1e-8) return TWO_OVER_SQRT_PI * x;
  const t = x * x;
  const p =
    (((6.49201638342646e-5 * t + 0.0012049754792065055) * t + 0.04033105065429775) * t + 0.13594920220425574) * t +
    1.1283791670955126;
  const q =
    (((0.0003651479180273324 * t + 0.008500617382231599) * t + 0.08701418862858544) * t + 0.45381517682056477) * t + 1;
  return (x * p) / q;
}

/** erfcx on x >= 0.65. */
function erfcxPositive(x: number): number {
  if (x < 4) {
    let p = 6.248228191812678e-12;
    p = p * x + 0.0006025406063909582;
    p = p * x + 0.008940210533389776;
    p = p * x + 0.06353930927986053;
    p = p * x + 0.27608462269207834;
    p = p * x + 0.7882602941656394;
    p = p * x + 1.48364373972338;
    p = p * x + 1.7260180535711982;
    p = p * x + 0.9999999998270281;
    let q = 0.00106797603825703;
    q = q * x + 0.01584609387408255;
    q = q * x + 0.11315477019072509;
    q = q * x + 0.4972667089986133;
    q = q * x + 1.4529655707913767;
    q = q * x + 2.8661807443644274;
    q = q * x + 3.704486110524058;
    q = q * x + 2.854397218330531;
    q = q * x + 1;
    return p / q;
  }
  const w = 1 / (x * x);
  let p = 69.6290813505026;
  p = p * w + 806.9836296332869;
  p = p * w + 1355.6128920577805;
  p = p * w + 753.917078810447;
  p = p * w + 172.95302810902118;
  p = p * w + 16.791078708339597;
  p = p * w + 0.5641895835477563;
  let q = 418.83921758984917;
  q = q * w + 2231.1853109808726;
  q = q * w + 2950.2040405147636;
  q = q * w + 1475.9281538908365;
  q = q * w + 320.9319667563323;
  q = q * w + 30.261412117454135;
  q = q * w + 1;
  return p / q / x;
}
