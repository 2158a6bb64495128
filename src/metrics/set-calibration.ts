import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import type {LevelCalibrationCurve} from './level-calibration.ts';
import {checkProbabilities} from './rows.ts';
import {exampleWeights, total} from './weights.ts';

const LEVELS = Float64Array.from({length: 19}, (_, i) => (i + 1) / 20);
const SLACK = 1e-12;

/**
 * Calibration of sets: do the smallest sets of classes that claim a probability hold the label as often as they claim?
 *
 * The set of example i at a level takes its most probable classes until their probabilities sum to the level or more. expected_j =
 * mean_i of these sums, which is the level or somewhat above it, and observed_j = mean_i [labels_i in the set]. Where the model is
 * calibrated both agree at every level; observed below expected means overconfident sets. Unlike conformal sets, nothing is fitted.
 * Classes of equal probability enter together, so that their order does not matter. For one number, pass the curve to
 * `levelCalibrationError`.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.levels Probabilities from 0 to 1; 0.05, 0.1, ..., 0.95 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @returns Mean claimed probability and observed share, one entry per level.
 * @throws DataError for NaN, rows that are no distributions, labels out of range, negative weights, no examples.
 * @throws ShapeError where probs, labels and weights do not fit.
 * @throws ConfigError for levels outside [0, 1], or none.
 *
 * @example
 * ```ts
 * import {levelCalibrationError, setCalibrationCurve} from 'tfjs-bayes/metrics';
 * const curve = setCalibrationCurve([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]], [0, 2], {levels: [0.6, 0.9]});
 * console.log(curve.expected, curve.observed); // [0.75, 0.95], [0.5, 1]
 * console.log(levelCalibrationError(curve)); // 0.15
 * ```
 */
export function setCalibrationCurve(
  probs: MatrixLike,
  labels: Labels,
  {levels = LEVELS, weights}: {levels?: ArrayLike<number>; weights?: ArrayLike<number>} = {},
): LevelCalibrationCurve {
  const caller = 'setCalibrationCurve';
  const asked = Float64Array.from(levels);
  const wrong = asked.find((level) => !(level >= 0 && level <= 1));
  if (wrong !== undefined || asked.length === 0) {
    throw new ConfigError(
      `${caller}: expected levels from 0 to 1, got ${wrong ?? 'none'}. Leave them out for 0.05, 0.1, ..., 0.95.`,
    );
  }
  const matrix = denseMatrix(caller, 'probs', probs);
  const {columns} = matrix;
  const target = classLabels(caller, labels, matrix.rows, columns);
  checkProbabilities(caller, 'probs', matrix);
  const counts = exampleWeights(caller, weights, matrix.rows);
  const expected = new Float64Array(asked.length);
  const observed = new Float64Array(asked.length);
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0; r < rows; r++) {
      const row = block.subarray(r * columns, (r + 1) * columns);
      const own = row[target[firstRow + r] as number] as number;
      addSets(row.slice().sort(), own, counts[firstRow + r] as number, asked, expected, observed);
    }
  });
  const all = total(counts);
  return {expected: expected.map((sum) => sum / all), observed: observed.map((sum) => sum / all)};
}

/** Adds, for every level, the sum of an example's set and whether the set holds the label, of probability `own`. */
function addSets(
  ascending: Float64Array,
  own: number,
  weight: number,
  levels: Float64Array,
  expected: Float64Array,
  observed: Float64Array,
): void {
  for (let j = 0; j < levels.length; j++) {
    const needed = (levels[j] as number) - SLACK;
    let at = ascending.length;
    let sum = 0;
    let last = Infinity;
    while (at > 0 && (sum < needed || ascending[at - 1] === last)) {
      last = ascending[--at] as number;
      sum += last;
    }
    expected[j] = (expected[j] as number) + weight * sum;
    if (own >= last) observed[j] = (observed[j] as number) + weight;
  }
}
