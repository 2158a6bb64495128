import {type NpyArray, readNpz} from '../src/data/index.ts';
import {DataError, ShapeError} from '../src/errors.ts';
import {findClassFault, findGaussianFault, type Predictions, type Where} from './predictions.ts';

const layouts = 'Save probs (or logits) and labels for classes, or mean, std and target for numbers, with numpy.savez.';
const where: Where = (row) => `row ${row}`;

/** Reads predictions from an NPZ file: probs or logits [N, K] and labels [N], or mean, std and target [N]. */
export function readNpzPredictions(bytes: Uint8Array): Predictions {
  const arrays = readNpz(bytes);
  const names = [...arrays.keys()];
  const find = (...aliases: readonly string[]): NpyArray | undefined => {
    const found = aliases.filter((name) => arrays.has(name));
    if (found.length > 1) throw new DataError(`expected one of ${found.join(' and ')}, got both. Leave one out.`);
    return found[0] === undefined ? undefined : arrays.get(found[0]);
  };
  const probs = find('probs', 'logits');
  const labels = find('labels', 'label');
  const [mean, std, target] = [find('mean'), find('std'), find('target', 'targets')];
  if (probs !== undefined && labels !== undefined && names.length === 2) {
    return readClasses(probs, labels, arrays.has('logits'));
  }
  if (mean !== undefined && std !== undefined && target !== undefined && names.length === 3) {
    return readGaussian(mean, std, target);
  }
  throw new DataError(
    `expected the arrays probs and labels, or mean, std and target, got ${names.join(', ')}. ${layouts}`,
  );
}

function readClasses(probs: NpyArray, labels: NpyArray, logits: boolean): Predictions {
  const [rows = 0, classes = 0] = probs.shape;
  if (probs.shape.length !== 2 || rows === 0 || classes < 2) {
    throw new ShapeError(
      `expected ${logits ? 'logits' : 'probs'} of shape [N, K] with two or more classes, got [${probs.shape}]. ` +
        'Give one row per example and one column per class.',
    );
  }
  const data = logits ? softmaxRows(probs.data, classes) : Float64Array.from(probs.data);
  const integers = readLabels(labels, rows, classes);
  const fault = findClassFault(data, classes, integers, where);
  if (fault !== undefined) throw new DataError(fault);
  return {kind: 'classification', probs: {data, shape: [rows, classes]}, labels: integers};
}

/** Integer labels from these or from one-hot rows. */
function readLabels({data, shape}: NpyArray, rows: number, classes: number): Float64Array {
  if (shape[0] === rows && data.length === rows) return Float64Array.from(data);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== classes) {
    throw new ShapeError(
      `expected labels of shape [${rows}] or one-hot [${rows}, ${classes}], got [${shape}]. Give one label per row.`,
    );
  }
  return Float64Array.from({length: rows}, (_, i) => {
    const row = Array.from(data.slice(i * classes, (i + 1) * classes));
    if (row.filter((value) => value === 1).length !== 1 || row.some((value) => value !== 0 && value !== 1)) {
      throw new DataError(`expected one-hot labels, got [${row.slice(0, 10)}] in row ${i}. Give integers instead.`);
    }
    return row.indexOf(1);
  });
}

function readGaussian(mean: NpyArray, std: NpyArray, target: NpyArray): Predictions {
  const rows = mean.shape[0] ?? 0;
  for (const [name, {data, shape}] of Object.entries({mean, std, target})) {
    if (rows === 0 || shape[0] !== rows || data.length !== rows) {
      throw new ShapeError(
        `expected mean, std and target of one shape [N] or [N, 1], got ${name} of shape [${shape}] beside mean of shape ` +
          `[${mean.shape}]. Evaluate each output by itself.`,
      );
    }
  }
  const predictions = {
    mean: Float64Array.from(mean.data),
    std: Float64Array.from(std.data),
    targets: Float64Array.from(target.data),
  };
  const fault = findGaussianFault(predictions, where);
  if (fault !== undefined) throw new DataError(fault);
  return {kind: 'regression', ...predictions};
}

function softmaxRows(logits: ArrayLike<number>, classes: number): Float64Array {
  const probs = Float64Array.from(logits);
  for (let start = 0; start < probs.length; start += classes) {
    const row = probs.subarray(start, start + classes);
    if (!row.every(Number.isFinite)) {
      throw new DataError(
        `expected finite logits, got ${row.find((f) => !Number.isFinite(f))} in row ${start / classes}. Leave it out.`,
      );
    }
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    for (const [k, f] of row.entries()) row[k] = Math.exp(f - largest);
    const sum = row.reduce((a, b) => a + b, 0);
    for (const [k, p] of row.entries()) row[k] = p / sum;
  }
  return probs;
}
