import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {argmax} from './argmax.ts';
import {checkBins, equalMassCurve} from './binning.ts';
import type {CalibrationNorm} from './calibration-error.ts';
import {type EventBin, eventBins, filledBins} from './event-bins.ts';
import type {Events} from './events.ts';
import {checkProbabilities} from './rows.ts';
import {tiedRuns} from './tied-runs.ts';
import {checkCounts, exampleWeights, total} from './weights.ts';

/** The choices that span the family of binned calibration errors. */
export interface GeneralCalibrationOptions {
  /** Which probabilities: the largest of each row ('top-label', default), or 'all' of them. */
  readonly probabilities?: 'top-label' | 'all';
  /** Whether each class has bins of its own and the classes' errors are averaged; false by default. */
  readonly classConditional?: boolean;
  /**
   * Number of bins, 15 by default; or 'sweep': the most bins, up to one per example, for which no number of bins so far gave
   * accuracies that fall where confidence rises (Roelofs et al. 2022).
   */
  readonly bins?: number | 'sweep';
  /** 'equal-width' (default) or 'equal-mass'. */
  readonly binning?: 'equal-width' | 'equal-mass';
  /** How gaps are summed up: 'l1' (default), 'l2' or 'max'. */
  readonly norm?: CalibrationNorm;
  /** Probabilities not above it are left out; 0 by default, which drops impossible classes only. */
  readonly threshold?: number;
  /** How often each example counts; all 1 by default. With 'sweep' not its share of the whole. */
  readonly weights?: ArrayLike<number>;
}

/**
 * General calibration error: the whole grid of binned calibration errors under one name.
 *
 * Over groups of probabilities p above `threshold` with their events, a group being everything or one class:
 * 'l1' sum_b w_b gap_b, 'l2' sqrt(sum_b w_b gap_b^2), 'max' max_b gap_b, with gap_b = |rate_b - mean p_b| and w_b the bin's
 * share of the group; the mean over classes where there are several groups (Nixon et al. 2019; Roelofs et al. 2022).
 * With 'top-label' and `classConditional` the classes are the predicted ones. A group without probabilities counts as 0.
 *
 * Known points of the grid: the defaults are the ECE; {probabilities: 'all', classConditional: true} is the static
 * calibration error (SCE), with binning 'equal-mass' the adaptive one (ACE), with threshold 0.01 too the thresholded
 * adaptive one (TACE); {bins: 'sweep', binning: 'equal-mass'} is ECE-sweep.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options See {@link GeneralCalibrationOptions}.
 * @returns A number from 0 to 1.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples; with
 * 'sweep' also for several weights that sum to at most 1.
 * @throws ShapeError where probs, labels and weights do not fit.
 * @throws ConfigError for an unknown option.
 *
 * @example
 * ```ts
 * import {generalCalibrationError} from 'tfjs-bayes/metrics';
 * const probs = [[0.2, 0.8], [0.3, 0.7]];
 * console.log(generalCalibrationError(probs, [1, 0])); // 0.45
 * console.log(generalCalibrationError(probs, [1, 0], {binning: 'equal-mass', norm: 'l2', bins: 2})); // 0.5148
 * ```
 */
export function generalCalibrationError(
  probs: MatrixLike,
  labels: Labels,
  options: GeneralCalibrationOptions = {},
): number {
  return gridError('generalCalibrationError', probs, labels, options);
}

/**
 * Thresholded adaptive calibration error (TACE): every class's probabilities above a threshold, in bins of equal mass.
 *
 * The mean over classes of sum_b w_b |rate_b - mean p_b|, {@link generalCalibrationError} with {probabilities: 'all',
 * classConditional: true, binning: 'equal-mass', threshold} (Nixon et al. 2019); with threshold 0 their ACE.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.threshold Probabilities not above it are left out; 0.01 by default.
 * @param options.bins Number of bins, 15 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 * @throws ConfigError for bins that are no positive integer, or a threshold outside [0, 1).
 *
 * @example
 * ```ts
 * import {thresholdedAdaptiveCalibrationError} from 'tfjs-bayes/metrics';
 * console.log(thresholdedAdaptiveCalibrationError([[0.7, 0.3], [0.4, 0.6]], [0, 1], {bins: 2})); // 0.35
 * ```
 */
export function thresholdedAdaptiveCalibrationError(
  probs: MatrixLike,
  labels: Labels,
  {threshold = 0.01, bins = 15, weights}: {threshold?: number; bins?: number; weights?: ArrayLike<number>} = {},
): number {
  return gridError('thresholdedAdaptiveCalibrationError', probs, labels, {
    probabilities: 'all',
    classConditional: true,
    binning: 'equal-mass',
    threshold,
    bins,
    ...(weights === undefined ? {} : {weights}),
  });
}

function gridError(
  caller: string,
  probs: MatrixLike,
  labels: Labels,
  {
    probabilities = 'top-label',
    classConditional = false,
    bins = 15,
    binning = 'equal-width',
    norm = 'l1',
    threshold = 0,
    weights,
  }: GeneralCalibrationOptions,
): number {
  checkChoice(caller, 'probabilities', probabilities, ['top-label', 'all']);
  checkChoice(caller, 'binning', binning, ['equal-width', 'equal-mass']);
  checkChoice(caller, 'norm', norm, ['l1', 'l2', 'max']);
  if (bins !== 'sweep') checkBins(caller, bins);
  if (!(threshold >= 0 && threshold < 1)) {
    throw new ConfigError(`${caller}: expected a threshold from 0 to below 1, got ${threshold}. Use 0.01 for TACE.`);
  }
  const matrix = denseMatrix(caller, 'probs', probs);
  const target = classLabels(caller, labels, matrix.rows, matrix.columns);
  checkProbabilities(caller, 'probs', matrix);
  const weight = exampleWeights(caller, weights, matrix.rows);
  if (bins === 'sweep') checkCounts(caller, weights);
  const pick = (visit: (group: number, p: number, hit: number, w: number) => void) => {
    forEachBlock(matrix, (block, firstRow, rows) => {
      for (let r = 0; r < rows; r++) {
        const row = block.subarray(r * matrix.columns, (r + 1) * matrix.columns);
        const label = target[firstRow + r] as number;
        const w = weight[firstRow + r] as number;
        const [from, to] = probabilities === 'all' ? [0, row.length] : topRange(row);
        for (let k = from; k < to; k++) {
          const p = row[k] as number;
          if (p > threshold && w > 0) visit(classConditional ? k : 0, p, Number(label === k), w);
        }
      }
    });
  };
  const sizes = new Uint32Array(classConditional ? matrix.columns : 1);
  pick((group) => {
    sizes[group] = (sizes[group] as number) + 1;
  });
  const groups = Array.from(sizes, (size) => ({
    probability: new Float64Array(size),
    outcome: new Uint8Array(size),
    weight: new Float64Array(size),
  }));
  sizes.fill(0);
  pick((group, p, hit, w) => {
    const {probability, outcome, weight: counts} = groups[group] as (typeof groups)[number];
    const at = sizes[group] as number;
    sizes[group] = at + 1;
    probability[at] = p;
    outcome[at] = hit;
    counts[at] = w;
  });
  let sum = 0;
  for (const group of groups) sum += groupError(caller, group, bins, binning, norm);
  return sum / groups.length;
}

function groupError(
  caller: string,
  events: Events,
  bins: number | 'sweep',
  binning: 'equal-width' | 'equal-mass',
  norm: CalibrationNorm,
): number {
  if (events.probability.length === 0) return 0;
  const all = total(events.weight);
  let [first, second, largest] = [0, 0, 0];
  const chosen = bins === 'sweep' ? sweep(caller, events, binning) : eventBins(caller, events, bins, binning);
  for (const {weight, probability, rate} of chosen) {
    const gap = Math.abs(rate - probability);
    first += weight * gap;
    second += weight * gap * gap;
    largest = Math.max(largest, gap);
  }
  if (norm === 'max') return largest;
  return norm === 'l1' ? first / all : Math.sqrt(second / all);
}

function sweep(caller: string, events: Events, binning: 'equal-width' | 'equal-mass'): EventBin[] {
  const runs = tiedRuns(events.probability, events.outcome, events.weight);
  const binned = (bins: number) =>
    binning === 'equal-mass' ? filledBins(equalMassCurve(runs, bins)) : eventBins(caller, events, bins, binning);
  let best = binned(1);
  for (let bins = 2; bins <= total(events.weight); bins++) {
    const next = binned(bins);
    if (next.some(({rate}, b) => b > 0 && rate < (next[b - 1] as EventBin).rate)) break;
    best = next;
  }
  return best;
}

function topRange(row: Float64Array): [from: number, to: number] {
  const top = argmax(row);
  return [top, top + 1];
}

function checkChoice(caller: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new ConfigError(
      `${caller}: expected ${name} to be one of ${choices.map((c) => `'${c}'`).join(', ')}, got ${JSON.stringify(value)}. ` +
        'Choose one of them.',
    );
  }
}
