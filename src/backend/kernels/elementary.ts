import type {Code} from './wasm-bytes.ts';
import type {Lanes} from './wasm-lanes.ts';

/** 2 atanh(t) / t in powers of t^2, for t from 0 to 1/3: minimax, relative error 4e-9. */
const ATANH = [2.000000007921047, 0.6666631468189799, 0.40024910285738036, 0.27960602704346654, 0.2817833512618971];

/** e^r in powers of r, for |r| up to log(2) / 2: minimax, relative error 8e-8. */
const EXP = [
  1.0000000718663848, 0.999999691069944, 0.4999889266119338, 0.16667576541809287, 0.04191562925050855,
  0.008297619466203353,
];

/** log(2), its first digits exact in a product with a whole number up to 127. */
const [LOG_2_HIGH, LOG_2_LOW] = [0.693359375, -2.1219444e-4];

/** Makes a step of a line through 0. */
const STEEP = 1e30;

/** e^x for x up to 0; 0 below -87.7, where floats lose digits. */
function expOfNegative(lanes: Lanes, x: Code): Code {
  const {number, keep, sub, mul, max, nearest, powerOfTwo} = lanes;
  const bounded = keep(max(x, number(-88)));
  const n = keep(nearest(mul(bounded, number(Math.LOG2E))));
  const rest = keep(sub(sub(bounded, mul(n, number(LOG_2_HIGH))), mul(n, number(LOG_2_LOW))));
  return mul(powerOfTwo(n), polynomial(lanes, EXP, rest));
}

/** log(1 + x) for x from 0 to 1, with all digits of small x. */
function logOnePlus(lanes: Lanes, x: Code): Code {
  const {number, add, div} = lanes;
  return twiceAtanh(lanes, div(x, add(number(2), x)));
}

/** log(x) of normal numbers x above 0. */
export function log(lanes: Lanes, x: Code): Code {
  const {number, keep, add, sub, mul, div, exponent, powerOfTwo} = lanes;
  const n = keep(exponent(x));
  const mantissa = keep(mul(x, powerOfTwo(sub(number(0), n))));
  const ratio = div(sub(mantissa, number(1)), add(mantissa, number(1)));
  return add(mul(n, number(Math.LN2)), twiceAtanh(lanes, ratio));
}

/** softplus(x) = log(1 + e^x), and its derivative, which is the sigmoid. */
export function softplusOf(lanes: Lanes, x: Code): {value: Code; slope: Code} {
  const {number, keep, add, sub, mul, div, min, max, abs} = lanes;
  const decay = keep(expOfNegative(lanes, sub(number(0), abs(x))));
  const numerator = max(decay, min(mul(x, number(STEEP)), number(1))); // 1 above 0, else e^x
  return {
    value: add(max(x, number(0)), logOnePlus(lanes, decay)),
    slope: div(numerator, add(number(1), decay)),
  };
}

function twiceAtanh(lanes: Lanes, ratio: Code): Code {
  const {keep, mul} = lanes;
  const t = keep(ratio);
  return mul(t, polynomial(lanes, ATANH, keep(mul(t, t))));
}

/** In pairs (Estrin), so that what does not wait for each other is computed side by side. */
function polynomial({number, keep, add, mul}: Lanes, coefficients: readonly number[], x: Code): Code {
  let terms: Code[] = coefficients.map((one) => number(one));
  for (let power = x; terms.length > 1; power = keep(mul(power, power))) {
    terms = terms.flatMap((low, i) => {
      if (i % 2 === 1) return [];
      const high = terms[i + 1];
      return [high ? add(low, mul(high, power)) : low];
    });
  }
  return terms[0] as Code;
}
