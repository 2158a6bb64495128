import {AssertionError} from 'chai';

/** How far apart two numbers may be: |actual - expected| <= atol + rtol |expected|. */
export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

type Numbers = number | ArrayLike<number>;

/** Throws unless every actual number is close to the expected one; NaN and infinities must match exactly. */
export function closeTo(actual: Numbers, expected: Numbers, {rtol = 1e-12, atol = 0}: Tolerance = {}): void {
  const a = typeof actual === 'number' ? [actual] : Array.from(actual);
  const e = typeof expected === 'number' ? [expected] : Array.from(expected);
  if (a.length !== e.length) throw new AssertionError(`expected ${e.length} numbers, got ${a.length}`);
  let worst = -1;
  let worstIndex = 0;
  for (let i = 0; i < e.length; i++) {
    const ai = a[i] as number;
    const ei = e[i] as number;
    if (Object.is(ai, ei) || ai === ei) continue;
    const allowed = atol + rtol * Math.abs(ei);
    const excess = Math.abs(ai - ei) / allowed;
    if (!(excess <= worst)) {
      worst = Number.isFinite(excess) ? excess : Infinity;
      worstIndex = i;
    }
  }
  if (worst > 1) {
    const difference = Math.abs((a[worstIndex] as number) - (e[worstIndex] as number));
    throw new AssertionError(
      `at ${worstIndex}: expected ${e[worstIndex]}, got ${a[worstIndex]} (difference ${difference.toExponential(2)}, ` +
        `${worst.toPrecision(3)} times the tolerance rtol ${rtol}, atol ${atol})`,
    );
  }
}
