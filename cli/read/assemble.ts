import {applyTemperature} from '../../src/calibration/index.ts';
import {DataError, ShapeError} from '../../src/errors.ts';
import type {Batch, NamedArray} from './batch.ts';
import {exchangeLeading} from './gather.ts';
import type {Gathered} from './layout.ts';
import {checkPredictions, type FlatRows, type Predictions} from './predictions.ts';

/**
 * Predictions from the arrays of one form.
 *
 * @throws ShapeError where arrays have shapes that their form cannot have.
 * @throws DataError where numbers are none that such predictions can be.
 */
export function assemble(gathered: Gathered, batch: Batch): Predictions {
  const predictions = {...ofForm(gathered, batch), where: batch.where};
  const {rows} = predictions;
  const truth = gathered.truth === undefined ? undefined : readTruth(gathered.truth, rows, classesOf(predictions));
  const whole = {...predictions, truth} as Predictions;
  checkPredictions(whole);
  return whole;
}

type Unlabelled = Predictions extends infer P ? (P extends Predictions ? Omit<P, 'truth' | 'where'> : never) : never;

function ofForm({form, arrays, levels}: Gathered, {membersFirst}: Batch): Unlabelled {
  const get = (name: string): NamedArray => arrays.get(name) as NamedArray;
  switch (form) {
    case 'p':
      return classes(binary(get('p')));
    case 'probs':
      return classes(matrix('probs', get('probs'), 'two or more classes', 2));
    case 'logits': {
      const logits = matrix('logits', get('logits'), 'two or more classes', 2);
      return {...classes(softmax(logits)), logits};
    }
    case 'member_probs':
    case 'member_logits':
      return ensemble(get(form), form, membersFirst);
    case 'gaussian': {
      const mean = get('mean');
      const rows = mean.shape[0] ?? 0;
      return {kind: 'regression', rows, mean: vector('mean', mean, rows), std: vector('std', get('std'), rows)};
    }
    case 'mixture': {
      const [means, stds] = ['member_mean', 'member_std'].map((name) => {
        const array = matrix(name, get(name), 'one member or more', 1);
        return membersFirst ? array : matrix(name, exchangeLeading({data: array.data, shape: array.shape}), '', 1);
      }) as [FlatRows, FlatRows];
      if (means.shape.join() !== stds.shape.join()) {
        throw new ShapeError(
          `expected member_mean and member_std of one shape, got [${means.shape}] and [${stds.shape}]. Mend one.`,
        );
      }
      return {kind: 'mixture', rows: means.shape[1], means, stds};
    }
    case 'draws': {
      const array = get('draws');
      const draws = matrix(
        'draws',
        membersFirst && array.shape.length === 2 ? exchangeLeading(array) : array,
        'two draws or more',
        2,
      );
      return {kind: 'draws', rows: draws.shape[0], draws};
    }
    case 'quantiles': {
      const quantiles = matrix('quantiles', get('quantiles'), 'one level or more', 1);
      if (
        levels?.length !== quantiles.shape[1] ||
        !levels.every((level, i) => level > (levels[i - 1] ?? 0) && level < 1)
      ) {
        throw new DataError(
          `expected ${quantiles.shape[1]} ascending levels between 0 and 1 for the quantiles, got [${levels ?? ''}]. Give levels of shape [Q].`,
        );
      }
      return {kind: 'quantiles', rows: quantiles.shape[0], levels, quantiles};
    }
  }
}

function classes(probs: FlatRows) {
  return {kind: 'classification', rows: probs.shape[0], probs} as const;
}

function classesOf(predictions: Unlabelled): number {
  return predictions.kind === 'classification' ? predictions.probs.shape[1] : 1;
}

function softmax({data, shape}: FlatRows): FlatRows {
  return data.length === 0 ? {data, shape} : applyTemperature({data, shape}, 1);
}

function binary({data, shape}: NamedArray): FlatRows {
  const both = new Float64Array(2 * data.length);
  data.forEach((p, i) => {
    both[2 * i] = 1 - p;
    both[2 * i + 1] = p;
  });
  return matrix('p', {data: both, shape: [...shape, 2]}, '', 2);
}

/** Probabilities of members and their mean. */
function ensemble(array: NamedArray, name: 'member_probs' | 'member_logits', membersFirst: boolean) {
  if (array.shape.length !== 3 || (array.shape[2] ?? 0) < 2) {
    throw new ShapeError(
      `expected ${name} of shape ${membersFirst ? '[M, N, K]' : '[N, M, K]'} with two or more classes, got [${array.shape}]. ` +
        'Give a single model as probs of shape [N, K].',
    );
  }
  const ordered = membersFirst ? array : exchangeLeading(array);
  const [members, rows, count] = ordered.shape as [number, number, number];
  const {data} = name === 'member_probs' ? ordered : softmax({data: ordered.data, shape: [members * rows, count]});
  const mean = new Float64Array(rows * count);
  for (let m = 0; m < members; m++) {
    for (let at = 0; at < mean.length; at++)
      mean[at] = (mean[at] as number) + (data[m * mean.length + at] as number) / members;
  }
  return {...classes({data: mean, shape: [rows, count]}), members: {data, shape: [members, rows, count] as const}};
}

function matrix(name: string, {data, shape}: NamedArray, what: string, least: number): FlatRows {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || columns < least) {
    const alone = name === 'probs' && columns === 1 ? ' For two classes give p0 and p1, or a column p.' : '';
    throw new ShapeError(
      `expected ${name} of shape [N, K] with ${what}, got [${shape}].${alone || ' Give one row per example and one column for each.'}`,
    );
  }
  return {data, shape: [rows, columns]};
}

function vector(name: string, {data, shape}: NamedArray, rows: number): Float64Array {
  if (shape[0] === rows && data.length === rows) return data;
  throw new ShapeError(
    `expected mean, std and target of one shape [N] or [N, 1], got ${name} of shape [${shape}] beside ${rows} rows. ` +
      'Evaluate each output by itself.',
  );
}

/** Targets, or integer labels from these or from one-hot rows. */
function readTruth({data, shape}: NamedArray, rows: number, count: number): Float64Array {
  if (shape[0] === rows && data.length === rows) return data;
  if (count === 1) return vector('target', {data, shape}, rows);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== count) {
    throw new ShapeError(
      `expected labels of shape [${rows}] or one-hot [${rows}, ${count}], got [${shape}]. Give one label per row.`,
    );
  }
  return Float64Array.from({length: rows}, (_, i) => {
    const row = data.subarray(i * count, (i + 1) * count);
    const label = row.indexOf(1);
    if (label < 0 || row.some((value, k) => value !== Number(k === label))) {
      throw new DataError(`expected one-hot labels, got [${row.slice(0, 10)}] in row ${i}. Give integers instead.`);
    }
    return label;
  });
}
