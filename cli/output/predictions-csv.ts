import type {FlatRows, Predictions} from '../read/predictions.ts';
import {csvColumns} from './csv-text.ts';

type Column = ArrayLike<number | string>;

/** Predictions as a CSV text in the layout that evaluate reads. */
export function predictionsCsv(predictions: Exclude<Predictions, {kind: 'mixture' | 'draws'}>): string {
  const {truth} = predictions;
  if (predictions.kind === 'classification') {
    const {probs} = predictions;
    const names = Array.from({length: probs.shape[1]}, (_, k) => `p${k}`);
    return csvColumns({...columnsOf(probs, names), ...(truth && {label: truth})});
  }
  const target = truth && {target: truth};
  if (predictions.kind === 'regression') return csvColumns({mean: predictions.mean, std: predictions.std, ...target});
  const {quantiles, levels} = predictions;
  return csvColumns({
    ...columnsOf(
      quantiles,
      levels.map((level) => `q${level}`),
    ),
    ...target,
  });
}

/** The columns of a matrix under names. */
export function columnsOf(
  {data, shape: [rows, columns]}: FlatRows,
  names: readonly string[],
): {[name: string]: Column} {
  return Object.fromEntries(
    names.map((name, j) => [name, Float64Array.from({length: rows}, (_, i) => data[i * columns + j] as number)]),
  );
}
