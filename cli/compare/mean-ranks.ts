import {nemenyiDifference} from '../../src/evaluation/mean-ranks.ts';

/** Mean ranks of several models over examples. */
export interface MeanRanks {
  /** One per model: 1 where it is always best. */
  readonly ranks: readonly number[];
  /** How far two mean ranks must be apart to differ at the level 0.05. */
  readonly criticalDifference: number;
}

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
  return {ranks: Array.from(sums, (sum) => sum / rows), criticalDifference: nemenyiDifference(models, rows)};
}
