import {ConfigError} from '../errors.ts';
import {classLabels, type Labels} from '../linalg/class-labels.ts';
import {checkLength, type DenseMatrix, denseMatrix, forEachBlock, type MatrixLike} from '../linalg/matrix-like.ts';
import {argmax} from './argmax.ts';
import {checkProbabilities} from './rows.ts';
import {exampleWeights, total} from './weights.ts';

/**
 * How a score's decomposition groups the examples: by the class predicted (the first of equal ones), or by an integer of yours
 * per example.
 */
export type Grouping = 'predicted-class' | ArrayLike<number>;

/** Predictions and outcomes summed up per group. */
export interface ScoreGroups {
  readonly columns: number;
  /** Weight of each group. */
  readonly weight: Float64Array;
  /** Mean prediction of each group, [groups, K]. */
  readonly forecast: Float64Array;
  /** Frequency of each class in each group, [groups, K]. */
  readonly frequency: Float64Array;
  /** Frequency of each class overall, [K]. */
  readonly overall: Float64Array;
  /** Weight of all examples. */
  readonly total: number;
  /** Visits every example of weight above zero with its probabilities, at `from` in `block`. */
  visit(each: (block: Float64Array, from: number, label: number, group: number, weight: number) => void): void;
}

/** Reads predictions and sums them up per group. */
export function scoreGroups(
  caller: string,
  probs: MatrixLike,
  labels: Labels,
  grouping: Grouping,
  weights: ArrayLike<number> | undefined,
): ScoreGroups {
  const matrix = denseMatrix(caller, 'probs', probs);
  const {rows, columns} = matrix;
  const target = classLabels(caller, labels, rows, columns);
  checkProbabilities(caller, 'probs', matrix);
  const weight = exampleWeights(caller, weights, rows);
  const {group, groups} = numbered(
    grouping === 'predicted-class' ? predictedClasses(matrix) : checked(caller, grouping, rows),
  );
  const visit: ScoreGroups['visit'] = (each) => {
    forEachBlock(matrix, (block, firstRow, count) => {
      for (let r = 0; r < count; r++) {
        const i = firstRow + r;
        const w = weight[i] as number;
        if (w > 0) each(block, r * columns, target[i] as number, group[i] as number, w);
      }
    });
  };
  const sums = new Float64Array(groups);
  const forecast = new Float64Array(groups * columns);
  const frequency = new Float64Array(groups * columns);
  const overall = new Float64Array(columns);
  visit((block, from, label, g, w) => {
    sums[g] = (sums[g] as number) + w;
    frequency[g * columns + label] = (frequency[g * columns + label] as number) + w;
    overall[label] = (overall[label] as number) + w;
    for (let k = 0; k < columns; k++) {
      forecast[g * columns + k] = (forecast[g * columns + k] as number) + w * (block[from + k] as number);
    }
  });
  const all = total(weight);
  const share = (values: Float64Array) =>
    values.map((v, at) => (v === 0 ? 0 : v / (sums[Math.floor(at / columns)] as number)));
  return {
    columns,
    weight: sums,
    forecast: share(forecast),
    frequency: share(frequency),
    overall: overall.map((v) => v / all),
    total: all,
    visit,
  };
}

function predictedClasses(matrix: DenseMatrix): Float64Array {
  const {columns} = matrix;
  const classes = new Float64Array(matrix.rows);
  forEachBlock(matrix, (block, firstRow, rows) => {
    for (let r = 0; r < rows; r++) classes[firstRow + r] = argmax(block.subarray(r * columns, (r + 1) * columns));
  });
  return classes;
}

function checked(caller: string, grouping: Exclude<Grouping, string>, rows: number): Float64Array {
  checkLength(caller, 'groups', grouping, rows);
  const values = Float64Array.from(grouping);
  const wrong = values.findIndex((g) => !Number.isInteger(g));
  if (wrong >= 0) {
    throw new ConfigError(
      `${caller}: expected groups to be 'predicted-class' or one integer per example, got ${values[wrong]} at index ` +
        `${wrong}. Number the groups.`,
    );
  }
  return values;
}

function numbered(values: Float64Array): {group: Uint32Array; groups: number} {
  const numbers = new Map<number, number>();
  const group = Uint32Array.from(values, (v) => {
    const known = numbers.get(v);
    if (known !== undefined) return known;
    numbers.set(v, numbers.size);
    return numbers.size - 1;
  });
  return {group, groups: numbers.size};
}
