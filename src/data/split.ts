import {ConfigError} from '../errors.ts';
import {createRng, type Rng} from '../random/index.ts';
import {checkRows, type Rows, takeRows} from './rows.ts';

/** Options of {@link trainTestSplit}. */
export interface SplitOptions {
  /** Share of the rows that becomes the test set, between 0 and 1. Default 0.2. */
  readonly testShare?: number;
  /** Keep the share of each label the same in both parts; for integer labels. Default false. */
  readonly stratify?: boolean;
  /** Where the shuffle comes from. Default: seed 0. */
  readonly rng?: Rng;
}

/** The two parts of a data set. */
export interface Split<R extends Rows> {
  /** Rows to fit on. */
  readonly train: Rows<R['y']>;
  /** Rows to judge on. */
  readonly test: Rows<R['y']>;
  /** Row numbers of `train` in the whole. */
  readonly trainIndices: Uint32Array;
  /** Row numbers of `test` in the whole. */
  readonly testIndices: Uint32Array;
}

/**
 * Shuffles the rows with `rng` and divides them into a training and a test part; the same seed gives the same parts.
 *
 * @throws ConfigError where a part would be empty.
 * @throws ShapeError where the arrays do not hold `rows` rows.
 * @example
 * ```ts
 * import {loadDataset, trainTestSplit} from 'tfjs-bayes';
 * const {train, test} = trainTestSplit(await loadDataset('wine'), {testShare: 0.25, stratify: true});
 * console.log(train.rows, test.rows);   // 133, 45
 * ```
 */
export function trainTestSplit<R extends Rows>(
  data: R,
  {testShare = 0.2, stratify = false, rng = createRng(0)}: SplitOptions = {},
): Split<R> {
  checkRows(data, 'trainTestSplit');
  const order = rng.permutation(data.rows);
  const inTest = new Uint8Array(data.rows);
  for (const group of stratify ? groupByLabel(order, data.y) : [order]) {
    for (const row of group.slice(0, Math.round(group.length * testShare))) inTest[row] = 1;
  }
  const trainIndices = order.filter((row) => inTest[row] === 0);
  const testIndices = order.filter((row) => inTest[row] === 1);
  if (trainIndices.length === 0 || testIndices.length === 0) {
    throw new ConfigError(
      `trainTestSplit: expected a testShare that leaves rows in both parts, got ${testShare} of ${data.rows} rows. ` +
        'Choose one between 0 and 1, or give more rows.',
    );
  }
  return {train: part(data, trainIndices), test: part(data, testIndices), trainIndices, testIndices};
}

function part<R extends Rows>({x, y, features}: R, indices: Uint32Array): Rows<R['y']> {
  return {
    x: takeRows(x, features, indices),
    y: takeRows<Float32Array | Int32Array>(y, 1, indices),
    rows: indices.length,
    features,
  };
}

function groupByLabel(order: Uint32Array, labels: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (const row of order) {
    const label = labels[row] as number;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}
