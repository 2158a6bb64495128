import {NotPositiveDefiniteError} from '../src/errors.ts';
import {warn} from '../src/warn.ts';

const STEPS = 16;
const REFINEMENTS = 8;

/**
 * The prior precision in `range` of highest `score`: a grid in its logarithm, then ever finer steps around the best. One for
 * which the posterior does not exist scores lowest. Warns where the best lies at an edge, or where all score the same.
 */
export async function maximizeScore(
  score: (priorPrecision: number) => Promise<number>,
  [low, high]: readonly [number, number],
): Promise<{priorPrecision: number; score: number}> {
  const at = async (priorPrecision: number): Promise<{priorPrecision: number; score: number}> => {
    try {
      const value = await score(priorPrecision);
      return {priorPrecision, score: Number.isNaN(value) ? -Infinity : value};
    } catch (error) {
      if (error instanceof NotPositiveDefiniteError) return {priorPrecision, score: -Infinity};
      throw error;
    }
  };
  let ratio = (high / low) ** (1 / STEPS);
  let best = await at(low);
  let lowest = best.score;
  for (let k = 1; k <= STEPS; k++) {
    const next = await at(low * ratio ** k);
    lowest = Math.min(lowest, next.score);
    if (next.score > best.score) best = next;
  }
  warnAbout(best, {low, high, lowest});
  for (let k = 0; k < REFINEMENTS; k++) {
    ratio = Math.sqrt(ratio);
    for (const factor of [1 / ratio, ratio]) {
      const next = await at(Math.min(high, Math.max(low, best.priorPrecision * factor)));
      if (next.score > best.score) {
        best = next;
        break;
      }
    }
  }
  return best;
}

function warnAbout(
  best: {priorPrecision: number; score: number},
  {low, high, lowest}: {low: number; high: number; lowest: number},
): void {
  if (best.score === lowest) {
    warn('tune: every priorPrecision has the same score, so validation says nothing about it. Use another score.');
  } else if (best.priorPrecision === low || best.priorPrecision >= high * (1 - 1e-9)) {
    warn(`tune: the best priorPrecision lies at the edge of the range, ${best.priorPrecision}. Widen range.`);
  }
}
