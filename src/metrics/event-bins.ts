import {type Binning, checkBins, widthBin} from './binning.ts';
import type {Events} from './events.ts';
import {type TiedRuns, tiedRuns} from './tied-runs.ts';
import {total} from './weights.ts';

/** Weight, mean probability and rate per bin that is not empty. */
export interface EventBin {
  /** Sum of the weights. */
  readonly weight: number;
  /** Mean probability. */
  readonly probability: number;
  /** Share that came true. */
  readonly rate: number;
}

/** Weighted events in bins of equal width or equal weight, by the same edge and tie rules as `reliabilityBins`. */
export function eventBins(caller: string, events: Events, bins: number, binning: Exclude<Binning, object>): EventBin[] {
  checkBins(caller, bins);
  if (binning === 'equal-mass') return equalMassBins(tiedRuns(events.probability, events.outcome, events.weight), bins);
  const {probability, outcome, weight} = events;
  const sums = new Float64Array(3 * bins);
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i] as number;
    const w = weight[i] as number;
    add(sums, 3 * widthBin(p, bins), w, p, w * (outcome[i] as number));
  }
  return filled(sums);
}

/** Bins of equal weight over runs of equal probabilities, which share their rate whichever side of a cut they are on. */
export function equalMassBins({value, weight, outcome}: TiedRuns, bins: number): EventBin[] {
  const all = total(weight);
  const whole = Math.floor(all / bins);
  const end = (b: number) => (b + 1) * whole + Math.min(b + 1, all - bins * whole);
  const sums = new Float64Array(3 * bins);
  let bin = 0;
  let before = 0;
  for (let r = 0; r < value.length; r++) {
    const rate = (outcome[r] as number) / (weight[r] as number);
    const next = before + (weight[r] as number);
    for (let from = before; from < next; ) {
      while (bin < bins - 1 && from >= end(bin)) bin++;
      const to = bin === bins - 1 ? next : Math.min(next, end(bin));
      add(sums, 3 * bin, to - from, value[r] as number, (to - from) * rate);
      from = to;
    }
    before = next;
  }
  return filled(sums);
}

function add(sums: Float64Array, at: number, weight: number, probability: number, outcome: number): void {
  sums[at] = (sums[at] as number) + weight;
  sums[at + 1] = (sums[at + 1] as number) + weight * probability;
  sums[at + 2] = (sums[at + 2] as number) + outcome;
}

function filled(sums: Float64Array): EventBin[] {
  const result: EventBin[] = [];
  for (let at = 0; at < sums.length; at += 3) {
    const weight = sums[at] as number;
    if (weight > 0) {
      result.push({weight, probability: (sums[at + 1] as number) / weight, rate: (sums[at + 2] as number) / weight});
    }
  }
  return result;
}
