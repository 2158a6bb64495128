import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import type {MatrixLike} from '../linalg/matrix-like.ts';
import type {Rng} from '../random/rng.ts';
import {probabilityRows} from './inputs.ts';

/** How badly a class fits a prediction; see {@link conformityScores}. */
export type ConformityScore = 'lac' | 'aps' | 'raps' | 'saps' | 'margin';

/** The rule of a conformal classifier: pass the same one to {@link conformityScores} and {@link conformalSets}. */
export interface ConformityRule {
  /** `'lac'` by default, which gives the smallest sets on average; `'aps'` and its kin adapt them to hard inputs. */
  readonly score?: ConformityScore;
  /** Penalty per rank: of `'raps'` (0.01 by default), or the score per rank of `'saps'` (0.1 by default); at least 0. */
  readonly penalty?: number;
  /** Ranks that `'raps'` does not penalize; 5 by default. */
  readonly freeRanks?: number;
  /**
   * Stream of the uniform numbers U that make the coverage of `'aps'`, `'raps'` and `'saps'` exact. Without it U = 1: sets are
   * larger, the same in every run, and never empty, as they keep the most probable class whatever its score.
   */
  readonly rng?: Rng;
}

/**
 * Nonconformity scores of held-out predictions at their labels: larger where the label surprises the model more.
 *
 * With p_1 >= p_2 >= ... the sorted probabilities of a row and r the rank of its label:
 * `'lac'` 1 - p_r (Sadinle, Lei & Wasserman 2019);
 * `'aps'` p_1 + ... + p_(r-1) + U p_r (Romano, Sesia & Candes 2020);
 * `'raps'` the same + penalty max(0, r - freeRanks) (Angelopoulos et al. 2021);
 * `'saps'` U p_1 for r = 1, else p_1 + penalty (r - 2 + U) (Huang et al. 2024);
 * `'margin'` the largest probability of another class - p_r.
 * Among equal probabilities the first class ranks first.
 *
 * @param probs Probabilities [N, K], rows summing to one within 1e-3.
 * @param labels Integers 0 to K-1, or one-hot [N, K].
 * @param rule See {@link ConformityRule}.
 * @returns Scores [N], for {@link conformalQuantile} and its kin.
 * @throws DataError for NaN, negative numbers, rows that do not sum to one, labels out of range, no examples.
 * @throws ShapeError where probs and labels do not fit.
 * @throws ConfigError for an unknown score or a negative penalty.
 *
 * @example
 * ```ts
 * import {conformalQuantile, conformalSets, conformityScores} from 'tfjs-bayes';
 * const probs = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4], [0.2, 0.5, 0.3]];
 * const rule = {score: 'aps'} as const;
 * const scores = conformityScores(probs, [0, 1, 1, 1], rule); // 0.7, 0.6, 1, 0.5
 * const sets = conformalSets([[0.5, 0.45, 0.05]], conformalQuantile(scores, {level: 0.8}), rule);
 * console.log(scores, sets.data); // [1, 1, 1]
 * ```
 */
export function conformityScores(probs: MatrixLike, labels: Labels, rule: ConformityRule = {}): Float64Array {
  const {data, rows, columns} = probabilityRows('conformityScores', probs);
  const target = classLabels('conformityScores', labels, rows, columns);
  const score = rowScorer('conformityScores', rule, rows, columns);
  const result = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const scores = score(data.subarray(i * columns, (i + 1) * columns), i);
    result[i] = scores[target[i] as number] as number;
  }
  return result;
}

/** Whether sets keep the most probable class: with U = 1 its score is its probability, high where the model is sure. */
export function keepsTopClass({score = 'lac', rng}: ConformityRule): boolean {
  return rng === undefined && (score === 'aps' || score === 'raps' || score === 'saps');
}

/** A function from a row of probabilities, and its index, to the scores of all classes (overwritten by the next call). */
export function rowScorer(
  caller: string,
  {score = 'lac', penalty = score === 'saps' ? 0.1 : 0.01, freeRanks = 5, rng}: ConformityRule,
  rows: number,
  columns: number,
): (probs: Float64Array | Float32Array, row: number) => Float64Array {
  if (!(penalty >= 0 && penalty < Infinity && freeRanks >= 0)) {
    throw new ConfigError(
      `${caller}: expected penalty and freeRanks of at least 0, got ${penalty} and ${freeRanks}. Leave them out for the defaults.`,
    );
  }
  const scores = new Float64Array(columns);
  if (score === 'lac') {
    return (probs) => {
      for (let k = 0; k < columns; k++) scores[k] = 1 - (probs[k] as number);
      return scores;
    };
  }
  if (score === 'margin') return (probs) => margins(probs, scores);
  if (score !== 'aps' && score !== 'raps' && score !== 'saps') {
    throw new ConfigError(
      `${caller}: expected score 'lac', 'aps', 'raps', 'saps' or 'margin', got '${score}'. Leave it out for 'lac'.`,
    );
  }
  const uniforms = rng?.uniforms(rows);
  const order = new Uint32Array(columns);
  return (probs, row) => {
    for (let k = 0; k < columns; k++) order[k] = k;
    order.sort((a, b) => (probs[b] as number) - (probs[a] as number) || a - b);
    const u = uniforms?.[row] ?? 1;
    const top = probs[order[0] as number] as number;
    let before = 0;
    for (let rank = 1; rank <= columns; rank++) {
      const k = order[rank - 1] as number;
      const p = probs[k] as number;
      if (score === 'saps') scores[k] = rank === 1 ? u * p : top + penalty * (rank - 2 + u);
      else scores[k] = before + u * p + (score === 'raps' ? penalty * Math.max(0, rank - freeRanks) : 0);
      before += p;
    }
    return scores;
  };
}

function margins(probs: Float64Array | Float32Array, scores: Float64Array): Float64Array {
  let first = -Infinity;
  let second = -Infinity;
  for (const p of probs) {
    if (p > first) [first, second] = [p, first];
    else if (p > second) second = p;
  }
  const other = probs.length === 1 ? 0 : second;
  for (let k = 0; k < probs.length; k++) {
    const p = probs[k] as number;
    scores[k] = (p === first ? other : first) - p;
  }
  return scores;
}
