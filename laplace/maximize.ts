import {warn} from '../src/warn.ts';

const LOWEST = -6;
const HIGHEST = 8;
const STEP = 0.25;
const INVERSE_GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The positive x that maximizes `score`, searched over 1e-6 to 1e8: a grid in log10 x against local maxima, then golden
 * sections (Kiefer 1953) to a relative precision of 1e-6. Warns where the best lies at the edge.
 */
export function maximizePositive(score: (x: number) => number, name: string): number {
  const at = (log10: number): number => {
    const value = score(10 ** log10);
    return Number.isNaN(value) ? -Infinity : value;
  };
  let best = LOWEST;
  let bestScore = -Infinity;
  for (let log10 = LOWEST; log10 <= HIGHEST; log10 += STEP) {
    const value = at(log10);
    if (value > bestScore) {
      best = log10;
      bestScore = value;
    }
  }
  if (best === LOWEST || best === HIGHEST) {
    warn(
      `tune: the best ${name} lies at the edge of the search, ${10 ** best}. The marginal likelihood says little here: ` +
        'check that the model is trained and the inputs are scaled.',
    );
  }
  const refined = goldenSection(at, Math.max(best - STEP, LOWEST), Math.min(best + STEP, HIGHEST));
  return 10 ** (at(refined) >= bestScore ? refined : best);
}

function goldenSection(f: (x: number) => number, low: number, high: number): number {
  let left = high - INVERSE_GOLDEN * (high - low);
  let right = low + INVERSE_GOLDEN * (high - low);
  let [fLeft, fRight] = [f(left), f(right)];
  while (high - low > 4e-7) {
    if (fLeft > fRight) {
      [high, right, fRight] = [right, left, fLeft];
      left = high - INVERSE_GOLDEN * (high - low);
      fLeft = f(left);
    } else {
      [low, left, fLeft] = [left, right, fRight];
      right = low + INVERSE_GOLDEN * (high - low);
      fRight = f(right);
    }
  }
  return (low + high) / 2;
}
