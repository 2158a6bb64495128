import {ConfigError, DataError, ShapeError} from '../errors.ts';
import {betainc, gammaQ, normalCdf, normalPdf} from '../special/index.ts';

/** What {@link meanRanks} returns. */
export interface RankComparison {
  /** Mean rank of each model, 1 being the best. */
  readonly ranks: readonly number[];
  /** Two models whose mean ranks differ by at least this much differ by more than chance (Nemenyi). */
  readonly criticalDifference: number;
  /** Friedman's statistic, about chi-square with models - 1 degrees of freedom if all models are equal. */
  readonly friedman: number;
  /** Its p-value. */
  readonly friedmanP: number;
  /** Iman and Davenport's F statistic made of it, which is less conservative; Infinity where all data sets rank alike. */
  readonly imanDavenport: number;
  /** Its p-value. */
  readonly imanDavenportP: number;
  /** The largest groups of models that are not told apart: positions, each group in the order of ranks. */
  readonly groups: readonly (readonly number[])[];
}

/**
 * Ranks several models over several data sets: mean ranks, the Friedman test and Nemenyi's critical difference (Demšar 2006).
 *
 * On every data set the best model has rank 1, ties share the mean of their ranks. With N data sets, k models and mean ranks R,
 * friedman = 12 N / (k (k + 1)) (sum_j R_j^2 - k (k + 1)^2 / 4) and criticalDifference = q sqrt(k (k + 1) / (6 N)), where q is the
 * quantile of the Studentized range of k normals divided by sqrt(2). Data sets are the unit: the seeds or splits of one are not
 * independent.
 *
 * @param scores One row per data set, one score per model.
 * @param options Named options.
 * @param options.better Whether `'lower'` (default) or `'higher'` scores are better.
 * @param options.level Probability that equal models are all told equal; 0.95 by default.
 * @throws DataError for fewer than two data sets or models, or scores that are not numbers.
 * @throws ShapeError where rows differ in length.
 * @throws ConfigError for a level outside (0, 1), or an unknown `better`.
 *
 * @example
 * ```ts
 * import {meanRanks} from 'tfjs-bayes';
 * const losses = [[0.2, 0.3, 0.5], [0.1, 0.4, 0.6], [0.3, 0.2, 0.4], [0.2, 0.5, 0.7]];
 * const {ranks, criticalDifference} = meanRanks(losses);
 * console.log(ranks, criticalDifference); // [1.25, 1.75, 3], 1.6571: the first and the third differ
 * ```
 */
export function meanRanks(
  scores: readonly (readonly number[])[],
  {better = 'lower', level = 0.95}: {better?: 'lower' | 'higher'; level?: number} = {},
): RankComparison {
  checkScores(scores, better, level);
  const n = scores.length;
  const k = scores[0]?.length ?? 0;
  const rows = scores.map((row) => ranksOf(better === 'lower' ? row : row.map((score) => -score)));
  const ranks = Array.from({length: k}, (_, j) => rows.reduce((sum, row) => sum + (row[j] as number), 0) / n);
  const centre = (k + 1) / 2;
  const spread = ranks.reduce((sum, rank) => sum + (rank - centre) ** 2, 0);
  const friedman = ((12 * n) / (k * (k + 1))) * spread;
  const left = n * (k - 1) - friedman;
  const imanDavenport = left <= 1e-9 * n ? Infinity : ((n - 1) * friedman) / left;
  const [d1, d2] = [k - 1, (k - 1) * (n - 1)];
  const imanDavenportP = imanDavenport === Infinity ? 0 : betainc(d2 / 2, d1 / 2, d2 / (d2 + d1 * imanDavenport));
  const criticalDifference = nemenyiDifference(k, n, level);
  return {
    ranks,
    criticalDifference,
    friedman,
    friedmanP: gammaQ((k - 1) / 2, friedman / 2),
    imanDavenport,
    imanDavenportP,
    groups: groupsWithin(ranks, criticalDifference),
  };
}

function checkScores(scores: readonly (readonly number[])[], better: string, level: number): void {
  const k = scores[0]?.length ?? 0;
  if (better !== 'lower' && better !== 'higher') {
    throw new ConfigError(`meanRanks: expected better to be 'lower' or 'higher', got '${better}'. Choose one of them.`);
  }
  if (!(level > 0 && level < 1)) {
    throw new ConfigError(`meanRanks: expected a level between 0 and 1, got ${level}. Leave it out for 0.95.`);
  }
  const odd = scores.find((row) => row.length !== k);
  if (odd !== undefined) {
    throw new ShapeError(
      `meanRanks: expected a score of each of ${k} models on every data set, got ${odd.length}. Leave out data sets with gaps.`,
    );
  }
  if (scores.length < 2 || k < 2 || scores.some((row) => row.some(Number.isNaN))) {
    throw new DataError(
      `meanRanks: expected numbers for at least two data sets and two models, got ${scores.length} data sets, ${k} models` +
        `${scores.some((row) => row.some(Number.isNaN)) ? ' and NaN' : ''}. Use paired differences for one data set.`,
    );
  }
}

/** Ranks from 1 for the smallest; ties share their mean. */
function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const tied = values.filter((other) => other === value).length;
    return below + (tied + 1) / 2;
  });
}

/** Runs of models by rank whose ends are less than the difference apart, but for those inside another. */
function groupsWithin(ranks: readonly number[], difference: number): number[][] {
  const order = ranks.map((_, j) => j).sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
  const groups: number[][] = [];
  let reached = 0;
  order.forEach((first, start) => {
    const group = order
      .slice(start)
      .filter((other) => (ranks[other] as number) - (ranks[first] as number) < difference);
    if (start + group.length <= reached) return;
    reached = start + group.length;
    groups.push(group);
  });
  return groups;
}

/** How far the mean ranks of k models over n cases must be apart to differ by more than chance (Nemenyi): q sqrt(k (k + 1) / (6 n)). */
export function nemenyiDifference(k: number, n: number, level = 0.95): number {
  return (rangeQuantile(k, level) / Math.SQRT2) * Math.sqrt((k * (k + 1)) / (6 * n));
}

/** The value that the range of k standard normals stays below with probability `level`, by bisection. */
function rangeQuantile(k: number, level: number): number {
  let [low, high] = [0, 20];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rangeCdf(k, middle) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(range <= q) = k integral of phi(z) (Phi(z) - Phi(z - q))^(k - 1) dz, by the trapezoidal rule, which is exact to rounding here. */
function rangeCdf(k: number, q: number): number {
  const step = 0.05;
  let sum = 0;
  for (let z = -8; z <= 12 + q; z += step) sum += normalPdf(z) * (normalCdf(z) - normalCdf(z - q)) ** (k - 1);
  return k * sum * step;
}
