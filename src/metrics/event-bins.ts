import {type Binning, type ReliabilityCurve, reliabilityBins} from './binning.ts';
import type {Events} from './events.ts';

/** Weight, mean probability and rate per bin that is not empty. */
export interface EventBin {
  /** Sum of the weights. */
  readonly weight: number;
  /** Mean probability. */
  readonly probability: number;
  /** Share that came true. */
  readonly rate: number;
}

/** Weighted events in bins of equal width or equal weight, as in `reliabilityBins`. */
export function eventBins(
  caller: string,
  {probability, outcome, weight}: Events,
  bins: number,
  binning: Exclude<Binning, object>,
): EventBin[] {
  return filledBins(reliabilityBins(caller, probability, outcome, bins, binning, weight));
}

/** The bins of a curve that are not empty. */
export function filledBins({count, confidence, accuracy}: ReliabilityCurve): EventBin[] {
  const result: EventBin[] = [];
  count.forEach((weight, b) => {
    if (weight > 0) result.push({weight, probability: confidence[b] as number, rate: accuracy[b] as number});
  });
  return result;
}
