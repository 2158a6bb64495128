import {ConfigError} from '../errors.ts';
import type {Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import {binomialQuantile} from '../special/binomial.ts';
import type {Binning, ReliabilityCurve} from './binning.ts';
import type {ReliabilityKind} from './events.ts';
import {checkLevel} from './interval-estimate.ts';
import {curveOfKind} from './reliability-curve.ts';
import {checkCounts} from './weights.ts';

/**
 * What a band around a reliability curve says: 'consistency' where the accuracies of a calibrated model would lie, around the diagonal;
 * 'bootstrap' how far those that were found may be off, around themselves.
 */
export type ReliabilityBand = 'consistency' | 'bootstrap';

/** A reliability curve with a band; every array has one entry per bin, `edges` one more. */
export interface ReliabilityBands extends ReliabilityCurve {
  /** Lower end of the band; NaN where the bin is empty. */
  readonly low: Float64Array;
  /** Upper end of the band; NaN where the bin is empty. */
  readonly high: Float64Array;
}

/**
 * The bins of a reliability diagram with a band for the noise that few examples make.
 *
 * A bin of n examples with the rate r gets the quantiles (1 -+ level)/2 of Binomial(n, r)/n. For 'consistency' r is its mean
 * confidence: draw predictions from the bin anew and let each come true with its probability (Bröcker & Smith 2007); a curve outside
 * speaks against calibration. For 'bootstrap' r is its accuracy: draw predictions with their outcomes anew (Efron 1979). Resampling
 * within a bin has exactly these distributions, so that nothing is simulated; the bins' counts are taken as given. Each bin has its own
 * band: of 20 bins of a calibrated model, about one still leaves it at level 0.95.
 *
 * @param probs Probabilities [N, K]; for 'binary' [N, 2], or P(y = 1) as a flat array [N].
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.band 'consistency' (default) or 'bootstrap'.
 * @param options.level Probability of the band, between 0 and 1; 0.95 by default.
 * @param options.bins Number of bins, 15 by default; ignored with edges of your own.
 * @param options.binning 'equal-width' (default), 'equal-mass', or ascending edges; ties as in `reliabilityCurve`.
 * @param options.kind 'top-label' (default) or 'binary'.
 * @param options.weights How often each example counts, not its share of the whole; all 1 by default. A bin's n is the sum of its weights, rounded, at least 1.
 * @returns One entry per bin; empty bins have count 0 and NaN elsewhere.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, several that sum to at most 1, no examples.
 * @throws ShapeError where probs, labels, weights and kind do not fit.
 * @throws ConfigError for an unknown option.
 *
 * @example
 * ```ts
 * import {reliabilityBands} from 'tfjs-bayes/metrics';
 * const probs = [0.8, 0.8, 0.8, 0.8, 0.2, 0.2];
 * const {low, accuracy, high} = reliabilityBands(probs, [1, 1, 0, 1, 0, 0], {kind: 'binary', bins: 2});
 * console.log(low, accuracy, high); // [0, 0.25], [0, 0.75], [1, 1]
 * ```
 */
export function reliabilityBands(
  probs: MatrixLike | ArrayLike<number>,
  labels: Labels,
  {
    band = 'consistency',
    level = 0.95,
    bins = 15,
    binning = 'equal-width',
    kind = 'top-label',
    weights,
  }: {
    band?: ReliabilityBand;
    level?: number;
    bins?: number;
    binning?: Binning;
    kind?: ReliabilityKind;
    weights?: ArrayLike<number>;
  } = {},
): ReliabilityBands {
  const caller = 'reliabilityBands';
  if (band !== 'consistency' && band !== 'bootstrap') {
    throw new ConfigError(
      `${caller}: expected band 'consistency' or 'bootstrap', got ${JSON.stringify(band)}. Choose one of them.`,
    );
  }
  checkLevel(caller, level);
  const curve = curveOfKind(caller, probs, labels, bins, binning, kind, weights);
  checkCounts(caller, weights);
  const rate = band === 'consistency' ? curve.confidence : curve.accuracy;
  const end = (p: number) =>
    curve.count.map((count, b) => (count > 0 ? shareQuantile(count, rate[b] as number, p) : NaN));
  return {...curve, low: end((1 - level) / 2), high: end((1 + level) / 2)};
}

/** The smallest k/n with P(at most k of n) >= level, where each of n comes true with `rate`. */
function shareQuantile(count: number, rate: number, level: number): number {
  if (rate <= 0 || rate >= 1) return rate;
  const n = Math.max(1, Math.round(count));
  return binomialQuantile(n, rate, level) / n;
}
