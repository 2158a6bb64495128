/** Mean ranks of several models over examples. */
export interface MeanRanks {
  /** One per model: 1 where it is always best. */
  readonly ranks: readonly number[];
  /** How far two mean ranks must be apart to differ at the level 0.05; undefined for more than ten models. */
  readonly criticalDifference: number | undefined;
}

/** Quantiles at 0.95 of the studentized range for 2 to 10 groups, divided by sqrt(2) (Demsar 2006, table 5). */
const nemenyi = [1.96, 2.343, 2.569, 2.728, 2.85, 2.949, 3.031, 3.102, 3.164];

/**
 * Mean ranks over examples with Nemenyi's critical difference q sqrt(k (k + 1) / (6 N)) for k models and N examples (Demsar 2006).
 *
 * @param losses Losses of each model for the same examples, lower for better; equal losses share their ranks.
 */
export function meanRanks(losses: readonly Float64Array[]): MeanRanks {
  const models = losses.length;
  const rows = losses[0]?.length ?? 0;
  const sums = new Float64Array(models);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < models; a++) {
      const own = losses[a]?.[i] as number;
      let rank = 1;
      for (let b = 0; b < models; b++) {
        if (b === a) continue;
        const other = losses[b]?.[i] as number;
        if (other < own) rank += 1;
        else if (other === own) rank += 0.5;
      }
      sums[a] = (sums[a] as number) + rank;
    }
  }
  const quantile = nemenyi[models - 2];
  return {
    ranks: Array.from(sums, (sum) => sum / rows),
    criticalDifference: quantile === undefined ? undefined : quantile * Math.sqrt((models * (models + 1)) / (6 * rows)),
  };
}
