import {DataError} from '../errors.ts';
import {checkLength, type MatrixLike} from '../linalg/matrix-like.ts';
import {type ConformityRule, keepsTopClass, rowScorer} from './conformity-scores.ts';
import {probabilityRows} from './inputs.ts';

/** Thresholds of prediction sets: one for all, one per class [K], or one per example [N]. */
export type SetThresholds =
  | number
  | {
      /** One threshold for each class, [K]. */
      readonly perClass: ArrayLike<number>;
    }
  | {
      /** One threshold for each example, [N]. */
      readonly perExample: ArrayLike<number>;
    };

/** Prediction sets as a matrix of 0 and 1, as `setCoverage`, `setSize` and the other metrics of sets take them. */
export interface PredictionSets {
  /** 1 where the class belongs to the example's set, row after row. */
  readonly data: Uint8Array;
  /** Examples and classes. */
  readonly shape: [rows: number, columns: number];
}

/**
 * Prediction sets: of every example the classes whose nonconformity score is at or below a threshold.
 *
 * set_i = {k: score_ik <= threshold}, with the scores of {@link conformityScores} and the threshold of
 * {@link conformalQuantile}, {@link classConformalQuantiles} (`{perClass}`) or {@link weightedConformalQuantiles}
 * (`{perExample}`) at calibration data. An infinite threshold gives the full set. With `'aps'`, `'raps'` and `'saps'` without an
 * `rng` the set also holds the most probable class, the first of equal ones, which can only raise the coverage.
 *
 * @param probs Probabilities [N, K] of new examples, rows summing to one within 1e-3.
 * @param thresholds See {@link SetThresholds}; NaN is refused.
 * @param rule The rule that the calibration scores were made with.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, no examples.
 * @throws ShapeError where there are not as many thresholds as classes or examples.
 * @throws ConfigError for an unknown score or a negative penalty.
 *
 * @example
 * ```ts
 * import {conformalQuantile, conformalSets, conformityScores, setMembers} from 'tfjs-bayes';
 * const scores = conformityScores([[0.7, 0.3], [0.4, 0.6], [0.9, 0.1], [0.8, 0.2]], [0, 0, 0, 0]);
 * const sets = conformalSets([[0.5, 0.5], [0.9, 0.1]], conformalQuantile(scores, {level: 0.8}));
 * console.log(setMembers(sets)); // [[0, 1], [0]]
 * ```
 */
export function conformalSets(probs: MatrixLike, thresholds: SetThresholds, rule: ConformityRule = {}): PredictionSets {
  const caller = 'conformalSets';
  const {data, rows, columns} = probabilityRows(caller, probs);
  const thresholdAt = readThresholds(caller, thresholds, rows, columns);
  const score = rowScorer(caller, rule, rows, columns);
  const keepTop = keepsTopClass(rule);
  const members = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const scores = score(row, i);
    let top = 0;
    for (let k = 0; k < columns; k++) {
      members[i * columns + k] = Number((scores[k] as number) <= thresholdAt(i, k));
      if ((row[k] as number) > (row[top] as number)) top = k;
    }
    if (keepTop) members[i * columns + top] = 1;
  }
  return {data: members, shape: [rows, columns]};
}

/**
 * The classes in every prediction set, as lists.
 *
 * @param sets As of {@link conformalSets}.
 *
 * @example
 * ```ts
 * import {conformalSets, setMembers} from 'tfjs-bayes';
 * console.log(setMembers(conformalSets([[0.6, 0.3, 0.1]], 0.8))); // [[0, 1]]
 * ```
 */
export function setMembers({data, shape: [rows, columns]}: PredictionSets): number[][] {
  return Array.from({length: rows}, (_, i) => {
    const row = data.subarray(i * columns, (i + 1) * columns);
    return Array.from(row.keys()).filter((k) => row[k] === 1);
  });
}

function readThresholds(
  caller: string,
  thresholds: SetThresholds,
  rows: number,
  columns: number,
): (row: number, column: number) => number {
  if (typeof thresholds === 'number') {
    checkNumbers(caller, [thresholds]);
    return () => thresholds;
  }
  if ('perClass' in thresholds) {
    const {perClass} = thresholds;
    checkLength(caller, 'thresholds.perClass', perClass, columns);
    checkNumbers(caller, perClass);
    return (_, k) => perClass[k] as number;
  }
  const {perExample} = thresholds;
  checkLength(caller, 'thresholds.perExample', perExample, rows);
  checkNumbers(caller, perExample);
  return (i) => perExample[i] as number;
}

function checkNumbers(caller: string, thresholds: ArrayLike<number>): void {
  const at = Array.from(thresholds).findIndex(Number.isNaN);
  if (at >= 0)
    throw new DataError(`${caller}: expected numbers for thresholds, got NaN at index ${at}. Use conformalQuantile.`);
}
