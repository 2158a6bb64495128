/** When a fit ends before its last step. */
export interface StoppingRule {
  /** Largest relative change of the bound from one reading to the next that counts as none. Default 0.01. */
  readonly tolerance?: number;
  /** How many changes are looked at. Default 10. */
  readonly window?: number;
}

/**
 * Whether the bound has stopped changing: the mean or the median of the last `window` relative changes
 * |B_t - B_(t-1)| / |B_t| is below `tolerance` (Kucukelbir, Tran, Ranganath, Gelman and Blei, 2017).
 *
 * The rule knows no scale: constants in the log density make changes relatively small, so it may stop too early. Look at k-hat.
 *
 * @param readings the mean bound between one reading and the next.
 */
export function hasStopped(readings: readonly number[], {tolerance = 0.01, window = 10}: StoppingRule): boolean {
  if (readings.length <= window) return false;
  const recent = readings.slice(-window - 1);
  const changes = recent.slice(1).map((bound, i) => Math.abs((bound - (recent[i] as number)) / bound));
  const mean = changes.reduce((sum, change) => sum + change, 0) / window;
  const median = changes.sort((a, b) => a - b)[Math.floor((window - 1) / 2)] as number;
  return Math.min(mean, median) < tolerance;
}
