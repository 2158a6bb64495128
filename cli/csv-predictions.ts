import {type NumericTable, readCsv, tableColumn} from '../src/data/index.ts';
import {DataError} from '../src/errors.ts';
import {findClassFault, findGaussianFault, type Predictions, type Where} from './predictions.ts';

const layouts = 'Give the columns p0, p1, ..., label for classes, or mean, std, target for numbers.';

/** Reads predictions from a CSV text: columns p0..pK-1 and label, or mean, std and target, in any order. */
export function readCsvPredictions(text: string): Predictions {
  const table = readCsv(text);
  const got = table.columns.join(', ');
  if (table.rows === 0)
    throw new DataError(`expected at least one row, got a header alone (${got}). Add the predictions.`);
  const where: Where = (row) => `line ${table.lines[row]}`;
  return table.columns.some((name) => /^p\d+$/.test(name)) ? readClasses(table, where) : readGaussian(table, where);
}

function readClasses(table: NumericTable, where: Where): Predictions {
  const names = table.columns.filter((name) => name !== 'label');
  const classes = names.filter((name) => /^p\d+$/.test(name)).length;
  requireColumns(table, ['label', ...Array.from({length: classes}, (_, k) => `p${k}`)]);
  if (classes < 2) {
    throw new DataError('expected two or more columns of probabilities, got p0 alone. For two classes give p0 and p1.');
  }
  const columns = names.map((_, k) => tableColumn(table, `p${k}`));
  const data = new Float64Array(table.rows * classes);
  for (const [k, column] of columns.entries()) {
    for (const [i, p] of column.entries()) data[i * classes + k] = p;
  }
  const labels = tableColumn(table, 'label');
  const fault = findClassFault(data, classes, labels, where);
  if (fault !== undefined) throw new DataError(fault);
  return {kind: 'classification', probs: {data, shape: [table.rows, classes]}, labels};
}

function readGaussian(table: NumericTable, where: Where): Predictions {
  requireColumns(table, ['mean', 'std', 'target']);
  const predictions = {
    mean: tableColumn(table, 'mean'),
    std: tableColumn(table, 'std'),
    targets: tableColumn(table, 'target'),
  };
  const fault = findGaussianFault(predictions, where);
  if (fault !== undefined) throw new DataError(fault);
  return {kind: 'regression', ...predictions};
}

function requireColumns({columns}: NumericTable, expected: readonly string[]): void {
  const missing = expected.filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !expected.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const faults = [
    ...(missing.length === 0 ? [] : [`no column ${shorten(missing)}`]),
    ...(unknown.length === 0 ? [] : [`the unknown column ${shorten(unknown)}`]),
  ];
  throw new DataError(`expected the columns ${shorten(expected)}, got ${faults.join(' and ')}. ${layouts}`);
}

function shorten(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 4).join(', ')}, ..., ${names[names.length - 1]}` : names.join(', ');
}
