import {DataError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {type DenseMatrix, denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {meanOf} from './parameters.ts';
import {checkLevel} from './pinball.ts';
import {exampleWeights, givenWeights} from './weights.ts';

/**
 * Share of labels inside their prediction sets.
 *
 * mean_i [labels_i in set_i].
 *
 * @param sets Membership [N, K]: 1 where the class belongs to the example's set, else 0.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for entries other than 0 and 1, labels out of range, negative weights, or no examples.
 * @throws ShapeError where sets and labels do not fit.
 *
 * @example
 * ```ts
 * import {setCoverage} from 'tfjs-bayes/metrics';
 * console.log(setCoverage([[1, 0, 1], [0, 1, 0]], [2, 0])); // 0.5
 * ```
 */
export function setCoverage(sets: MatrixLike, labels: Labels, {weights}: {weights?: ArrayLike<number>} = {}): number {
  const {covered} = readSets('setCoverage', sets, labels);
  return meanOf(covered.length, (i) => covered[i] as number, givenWeights('setCoverage', weights, covered.length));
}

/**
 * Mean number of classes in prediction sets; smaller is better at equal coverage.
 *
 * mean_i |set_i|.
 *
 * @param sets Membership [N, K]: 1 where the class belongs to the example's set, else 0.
 * @param options as follows.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for entries other than 0 and 1, negative weights, or no examples.
 * @throws ShapeError for a matrix that is not rectangular.
 *
 * @example
 * ```ts
 * import {setSize} from 'tfjs-bayes/metrics';
 * console.log(setSize([[1, 0, 1], [0, 1, 0]])); // 1.5
 * ```
 */
export function setSize(sets: MatrixLike, {weights}: {weights?: ArrayLike<number>} = {}): number {
  const sizes = setSizes('setSize', denseMatrix('setSize', 'sets', sets));
  return meanOf(sizes.length, (i) => sizes[i] as number, givenWeights('setSize', weights, sizes.length));
}

/**
 * Coverage gap: how far, on average over classes, the coverage of a class is from the level that was asked for.
 *
 * mean_k |coverage_k - level| with the share coverage_k of labels k inside their sets, over the classes that occur (Ding et
 * al. 2023, who give it in percent).
 *
 * @param sets Membership [N, K]: 1 where the class belongs to the example's set, else 0.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.level The coverage asked for, between 0 and 1; 0.9 by default.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for entries other than 0 and 1, labels out of range, negative weights, or no examples.
 * @throws ShapeError where sets and labels do not fit.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {coverageGap} from 'tfjs-bayes/metrics';
 * console.log(coverageGap([[1, 0], [1, 1], [1, 0]], [0, 1, 1], {level: 0.75})); // 0.25
 * ```
 */
export function coverageGap(
  sets: MatrixLike,
  labels: Labels,
  {level = 0.9, weights}: {level?: number; weights?: ArrayLike<number>} = {},
): number {
  checkLevel('coverageGap', level);
  const {covered, target, classes} = readSets('coverageGap', sets, labels);
  const count = new Float64Array(classes);
  const inside = new Float64Array(classes);
  const counts = exampleWeights('coverageGap', weights, target.length);
  target.forEach((k, i) => {
    const w = counts[i] as number;
    count[k] = (count[k] as number) + w;
    inside[k] = (inside[k] as number) + w * (covered[i] as number);
  });
  const gaps = inside.map((hits, k) => Math.abs(hits / (count[k] as number) - level)).filter((_, k) => count[k] !== 0);
  return meanOf(gaps.length, (k) => gaps[k] as number);
}

/** Coverage of the examples whose sets have like sizes. */
export interface SizeStratum {
  /** Smallest size in the stratum. */
  readonly from: number;
  /** Largest size in the stratum. */
  readonly to: number;
  /** Examples in the stratum; with weights their sum. */
  readonly count: number;
  /** Share of their labels inside their sets; NaN where there are none. */
  readonly coverage: number;
}

const STRATA: ReadonlyArray<readonly [number, number]> = [
  [0, 1],
  [2, 3],
  [4, 10],
  [11, 100],
  [101, 1000],
  [1001, Infinity],
];

/**
 * Size-stratified coverage: large sets should mean hard inputs, and every size should cover as often as was asked for.
 *
 * The coverage of examples whose sets have 0-1, 2-3, 4-10, 11-100, 101-1000 or more classes, and
 * violation = max over strata with examples of |coverage - level| (SSCV; Angelopoulos et al. 2021).
 *
 * @param sets Membership [N, K]: 1 where the class belongs to the example's set, else 0.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param options as follows.
 * @param options.level The coverage asked for, between 0 and 1; 0.9 by default.
 * @param options.strata Pairs [smallest, largest] of sizes, both included, which must cover every size that occurs.
 * @param options.weights How often each example counts; all 1 by default.
 * @throws DataError for entries other than 0 and 1, labels out of range, sizes outside the strata, negative weights, or no examples.
 * @throws ShapeError where sets and labels do not fit.
 * @throws ConfigError for a level outside (0, 1).
 *
 * @example
 * ```ts
 * import {sizeStratifiedCoverage} from 'tfjs-bayes/metrics';
 * const sets = [[1, 0, 0], [0, 1, 1], [1, 1, 0]];
 * console.log(sizeStratifiedCoverage(sets, [0, 1, 2]).violation); // 0.4
 * ```
 */
export function sizeStratifiedCoverage(
  sets: MatrixLike,
  labels: Labels,
  {
    level = 0.9,
    strata = STRATA,
    weights,
  }: {level?: number; strata?: ReadonlyArray<readonly [number, number]>; weights?: ArrayLike<number>} = {},
): {
  /** The strata in the order given, each with its number of examples and their coverage. */
  strata: SizeStratum[];
  /** Largest distance of a stratum's coverage from `level`. */
  violation: number;
} {
  const caller = 'sizeStratifiedCoverage';
  checkLevel(caller, level);
  const {covered, sizes} = readSets(caller, sets, labels);
  const stray = sizes.find((size) => !strata.some(([from, to]) => size >= from && size <= to));
  if (stray !== undefined) {
    throw new DataError(
      `${caller}: expected sizes within the strata, got ${stray}. Give strata up to the number of classes.`,
    );
  }
  const counts = exampleWeights(caller, weights, sizes.length);
  const summary = strata.map(([from, to]) => {
    let [count, inside] = [0, 0];
    sizes.forEach((size, i) => {
      if (size < from || size > to) return;
      count += counts[i] as number;
      inside += (counts[i] as number) * (covered[i] as number);
    });
    return {from, to, count, coverage: inside / count};
  });
  const gaps = summary.filter(({count}) => count > 0).map(({coverage}) => Math.abs(coverage - level));
  return {strata: summary, violation: Math.max(...gaps)};
}

function readSets(caller: string, sets: MatrixLike, labels: Labels) {
  const matrix = denseMatrix(caller, 'sets', sets);
  const sizes = setSizes(caller, matrix);
  const target = classLabels(caller, labels, matrix.rows, matrix.columns);
  const covered = Uint8Array.from(target, (k, i) => matrix.data[i * matrix.columns + k] as number);
  return {covered, sizes, target, classes: matrix.columns};
}

function setSizes(caller: string, {data, rows, columns}: DenseMatrix): Float64Array {
  const sizes = new Float64Array(rows);
  for (let i = 0; i < data.length; i++) {
    const member = data[i] as number;
    const row = Math.floor(i / columns);
    if (member !== 0 && member !== 1) {
      throw new DataError(
        `${caller}: expected 0 and 1 in sets, got ${member} in row ${row}, column ${i % columns}. Pass sets, not probabilities.`,
      );
    }
    sizes[row] = (sizes[row] as number) + member;
  }
  return sizes;
}
