import {DataError} from '../../src/errors.ts';
import {SUM_TOLERANCE} from '../../src/metrics/rows.ts';

/** Numbers in rows. */
export interface FlatRows {
  readonly data: Float64Array;
  readonly shape: readonly [rows: number, columns: number];
}

interface Common {
  readonly rows: number;
  /** Labels or targets; undefined where the file has none. */
  readonly truth: Float64Array | undefined;
  /** Where a row stands in the file, for messages. */
  readonly where: (row: number) => string;
}

/** Class probabilities. */
export interface ClassFile extends Common {
  readonly kind: 'classification';
  readonly probs: FlatRows;
  /** The logits behind them, where the file has those. */
  readonly logits?: FlatRows;
  /** Probabilities of the members of an ensemble, whose mean `probs` is. */
  readonly members?: {
    readonly data: Float64Array;
    readonly shape: readonly [members: number, rows: number, classes: number];
  };
}

/** Gaussian predictions. */
export interface GaussianFile extends Common {
  readonly kind: 'regression';
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Gaussian predictions of several members, [M, N] each. */
export interface MixtureFile extends Common {
  readonly kind: 'mixture';
  readonly means: FlatRows;
  readonly stds: FlatRows;
}

/** Draws from the predictive distribution, [N, S]. */
export interface DrawsFile extends Common {
  readonly kind: 'draws';
  readonly draws: FlatRows;
}

/** Predicted quantiles, [N, Q], at ascending levels. */
export interface QuantileFile extends Common {
  readonly kind: 'quantiles';
  readonly levels: readonly number[];
  readonly quantiles: FlatRows;
}

/** Predictions from a file, or from a run of its rows. */
export type Predictions = ClassFile | GaussianFile | MixtureFile | DrawsFile | QuantileFile;

/** Predictions whose truth is known. */
export type Labelled<P extends Predictions = Predictions> = P & {readonly truth: Float64Array};

/** What the kinds are called in messages. */
export const kindNames: {readonly [kind in Predictions['kind']]: string} = {
  classification: 'class probabilities',
  regression: 'Gaussian predictions (mean and std)',
  mixture: 'Gaussian predictions of several members',
  draws: 'draws',
  quantiles: 'quantiles',
};

/** Throws DataError for the first number that predictions of their kind cannot be. */
export function checkPredictions(predictions: Predictions): void {
  const fault = predictions.kind === 'classification' ? findClassFault(predictions) : findNumberFault(predictions);
  if (fault !== undefined) throw new DataError(fault);
}

function findClassFault({probs, members, truth, where}: ClassFile): string | undefined {
  const [rows, classes] = probs.shape;
  const all = members ?? {data: probs.data, shape: [1, rows, classes] as const};
  for (let at = 0; at < all.shape[0] * rows; at++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const p = all.data[at * classes + k] as number;
      if (!(p >= 0 && p <= 1 + 1e-6)) {
        return (
          `expected probabilities from 0 to 1, got ${p} for class ${k} on ${where(at % rows)}. Are these percentages, or logits ` +
          '(--scale logits)?'
        );
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      return (
        `expected the probabilities of each row to sum to 1 within ${SUM_TOLERANCE}, got ${Number(sum.toPrecision(6))} on ` +
        `${where(at % rows)}. Give every class its column, and enough digits.`
      );
    }
  }
  const wrong = truth?.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes)) ?? -1;
  if (wrong < 0) return undefined;
  return (
    `expected a label from 0 to ${classes - 1}, as there are ${classes} classes, got ${truth?.[wrong]} on ${where(wrong)}. ` +
    'Count classes from 0.'
  );
}

function findNumberFault(predictions: Exclude<Predictions, ClassFile>): string | undefined {
  const {rows, truth, where} = predictions;
  const finite = (name: string, data: Float64Array, row: (at: number) => number): string | undefined => {
    const at = data.findIndex((value) => !Number.isFinite(value));
    return at < 0
      ? undefined
      : `expected finite numbers, got ${name} ${data[at]} on ${where(row(at))}. Leave the row out.`;
  };
  const positive = (std: Float64Array): string | undefined => {
    const at = std.findIndex((s) => !(s > 0));
    if (at < 0) return undefined;
    return (
      `expected a positive std, got ${std[at]} on ${where(at % rows)}. Give the standard deviation of the prediction, ` +
      'noise included.'
    );
  };
  const targets = truth === undefined ? undefined : finite('target', truth, (at) => at);
  if (targets !== undefined) return targets;
  const cyclic = (at: number): number => at % rows;
  const rowOf = (columns: number) => (at: number) => Math.floor(at / columns);
  if (predictions.kind === 'regression') {
    const {mean, std} = predictions;
    return finite('mean', mean, cyclic) ?? finite('std', std, cyclic) ?? positive(std);
  }
  if (predictions.kind === 'mixture') {
    const {means, stds} = predictions;
    return finite('mean', means.data, cyclic) ?? finite('std', stds.data, cyclic) ?? positive(stds.data);
  }
  if (predictions.kind === 'draws') return finite('draw', predictions.draws.data, rowOf(predictions.draws.shape[1]));
  const {data, shape} = predictions.quantiles;
  return finite('quantile', data, rowOf(shape[1])) ?? findCrossing(predictions);
}

function findCrossing({quantiles: {data, shape}, levels, where}: QuantileFile): string | undefined {
  const [rows, columns] = shape;
  for (let i = 0; i < rows; i++) {
    for (let j = 1; j < columns; j++) {
      const [low, high] = [data[i * columns + j - 1] as number, data[i * columns + j] as number];
      if (low > high) {
        return (
          `expected quantiles that rise with their level, got ${low} at ${levels[j - 1]} and ${high} at ${levels[j]} on ` +
          `${where(i)}. Sort them.`
        );
      }
    }
  }
  return undefined;
}
