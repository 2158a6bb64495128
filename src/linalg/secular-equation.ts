const MAX_STEPS = 100;

/** A root as a pole and the distance from it, which keeps the difference to near poles exact. */
export interface SecularRoot {
  /** Index of the pole that the distance counts from. */
  readonly origin: number;
  readonly distance: number;
}

/**
 * The root of `1/rho + sum_i z_i^2 / (poles_i - x)` between the poles j and j + 1, or beyond the last pole for the last j.
 *
 * Rational interpolation at the two poles around the root (Li, 1993), kept within a bracket by bisection. The poles ascend
 * strictly, no z is zero, and rho is positive.
 */
export function secularRoot(poles: Float64Array, z: Float64Array, rho: number, j: number): SecularRoot {
  const k = poles.length;
  const isLast = j === k - 1;
  const left = poles[j] as number;
  const gap = isLast ? rho * z.reduce((sum, zi) => sum + zi * zi, 0) : (poles[j + 1] as number) - left;
  const atMiddle = isLast ? 1 : secularValue(poles, z, rho, left, 0.5 * gap);
  const origin = atMiddle >= 0 ? j : j + 1;
  const base = poles[origin] as number;
  let low = origin === j ? 0 : -0.5 * gap;
  let high = origin === j ? (isLast ? gap * (1 + 4 * Number.EPSILON) : 0.5 * gap) : 0;
  let x = 0.5 * (low + high);
  for (let step = 0; step < MAX_STEPS; step++) {
    let below = 0;
    let belowSlope = 0;
    let above = 0;
    let aboveSlope = 0;
    for (let i = 0; i < k; i++) {
      const ratio = (z[i] as number) / ((poles[i] as number) - base - x);
      const term = (z[i] as number) * ratio;
      if (i <= j) {
        below += term;
        belowSlope += ratio * ratio;
      } else {
        above += term;
        aboveSlope += ratio * ratio;
      }
    }
    const value = 1 / rho + below + above;
    const slope = belowSlope + aboveSlope;
    const noise = Number.EPSILON * (1 / rho + 4 * (above - below) + Math.abs(x) * slope);
    if (Math.abs(value) <= noise) break;
    if (value > 0) high = x;
    else low = x;
    const toLeft = left - base - x;
    const next = isLast
      ? x + beyondLastPole(value, toLeft, belowSlope)
      : x + betweenPoles(value, toLeft, (poles[j + 1] as number) - base - x, belowSlope, aboveSlope);
    const following = next > low && next < high ? next : 0.5 * (low + high);
    if (following === x || following === low || following === high) break;
    x = following;
  }
  return {origin, distance: x};
}

function secularValue(poles: Float64Array, z: Float64Array, rho: number, base: number, x: number): number {
  let sum = 1 / rho;
  for (let i = 0; i < poles.length; i++) sum += (z[i] as number) ** 2 / ((poles[i] as number) - base - x);
  return sum;
}

/** Step to the zero of the constant plus one pole that match value and slope; NaN or out of the bracket where there is none. */
function beyondLastPole(value: number, toPole: number, slope: number): number {
  const constant = value - toPole * slope;
  return toPole + (toPole * toPole * slope) / constant;
}

/** Step to the zero of the constant plus two poles that match the value and the slopes of either side. */
function betweenPoles(value: number, toLeft: number, toRight: number, leftSlope: number, rightSlope: number): number {
  const c = value - toLeft * leftSlope - toRight * rightSlope;
  const a = (toLeft + toRight) * value - toLeft * toRight * (leftSlope + rightSlope);
  const b = toLeft * toRight * value;
  const root = Math.sqrt(Math.max(0, a * a - 4 * b * c));
  return a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
}
