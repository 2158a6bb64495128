import {DataError} from '../../src/errors.ts';
import type {ClassFile, FlatRows, Predictions} from './predictions.ts';

/** Predictions for the rows of all parts, which come from one file. */
export function concatenate(parts: readonly Predictions[]): Predictions {
  const [first] = parts;
  if (first === undefined) throw new DataError('expected predictions, got none. Add rows.');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const truth = first.truth === undefined ? undefined : joinArrays(parts.map((part) => part.truth as Float64Array));
  const common = {rows, truth, where: whereIn(parts)};
  switch (first.kind) {
    case 'classification': {
      const all = parts as ClassFile[];
      const probs = joinRows(all.map((part) => part.probs));
      const logits = first.logits && {logits: joinRows(all.map((part) => part.logits as FlatRows))};
      return {...first, ...common, probs, ...logits, ...(first.members && {members: joinMembers(all)})};
    }
    case 'regression': {
      const all = parts as Array<typeof first>;
      return {
        ...first,
        ...common,
        mean: joinArrays(all.map(({mean}) => mean)),
        std: joinArrays(all.map(({std}) => std)),
      };
    }
    case 'mixture': {
      const all = parts as Array<typeof first>;
      const [members] = first.means.shape;
      const ofMembers = (arrays: readonly FlatRows[]): FlatRows => {
        return {
          data: interleave(
            arrays.map(({data}) => data),
            members,
          ),
          shape: [members, rows],
        };
      };
      return {
        ...first,
        ...common,
        means: ofMembers(all.map(({means}) => means)),
        stds: ofMembers(all.map(({stds}) => stds)),
      };
    }
    case 'draws':
      return {...first, ...common, draws: joinRows((parts as Array<typeof first>).map(({draws}) => draws))};
    case 'quantiles':
      return {...first, ...common, quantiles: joinRows((parts as Array<typeof first>).map(({quantiles}) => quantiles))};
  }
}

/** Arrays one after the other. */
export function joinArrays(arrays: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

function joinRows(parts: readonly FlatRows[]): FlatRows {
  const rows = parts.reduce((sum, {shape}) => sum + shape[0], 0);
  return {data: joinArrays(parts.map(({data}) => data)), shape: [rows, parts[0]?.shape[1] ?? 0]};
}

function joinMembers(parts: readonly ClassFile[]): NonNullable<ClassFile['members']> {
  const all = parts.map(({members}) => members as NonNullable<ClassFile['members']>);
  const [members, , classes] = (all[0] as (typeof all)[number]).shape;
  const rows = all.reduce((sum, {shape}) => sum + shape[1], 0);
  return {
    data: interleave(
      all.map(({data}) => data),
      members,
    ),
    shape: [members, rows, classes],
  };
}

/** Joins arrays [M, n_i, ...] along their second dimension. */
function interleave(arrays: readonly Float64Array[], members: number): Float64Array {
  return joinArrays(
    Array.from({length: members}, (_, m) => {
      return joinArrays(
        arrays.map((data) => data.subarray((m * data.length) / members, ((m + 1) * data.length) / members)),
      );
    }),
  );
}

function whereIn(parts: readonly Predictions[]): (row: number) => string {
  return (row) => {
    let first = 0;
    for (const part of parts) {
      if (row < first + part.rows) return part.where(row - first);
      first += part.rows;
    }
    return `row ${row}`;
  };
}
