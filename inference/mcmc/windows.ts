/** Where variances are estimated during warm-up. */
export interface VarianceWindows {
  /** The first transition of the first window: before it chains only find the bulk of the density. */
  readonly from: number;
  /** The transitions after which a window ends and its variances are taken. */
  readonly ends: readonly number[];
}

/**
 * The windows of a warm-up: 75 transitions without, then windows of 25, 50, 100, ... that forget the ones before, then 50 for
 * the step length alone; a short warm-up keeps the proportions 15%, 75% and 10% with two windows, one of fewer than 20
 * has none. The lengths are those of Stan (Stan Development Team, 2024), but for the second window of a short warm-up: pooled
 * over chains, a few transitions tell the variances.
 */
export function varianceWindows(warmup: number): VarianceWindows {
  if (warmup < 20) return {from: warmup, ends: []};
  const short = warmup < 150;
  const from = short ? Math.floor(0.15 * warmup) : 75;
  const last = short ? warmup - Math.floor(0.1 * warmup) : warmup - 50;
  const ends: number[] = [];
  for (let at = from, size = short ? Math.ceil((last - from) / 3) : 25; at < last; size *= 2) {
    at = at + 3 * size > last ? last : at + size; // the next would not fit: this one takes the rest
    ends.push(at);
  }
  return {from, ends};
}
