import {ShapeError} from '../errors.ts';
import {type DenseMatrix, denseMatrix, type MatrixLike} from '../linalg/matrix-like.ts';
import {checkProbabilities} from './rows.ts';

/** Several flat predictions of one shape: what `memberProbs` of a predictive holds once read back. */
export interface FlatMembers {
  /** The numbers, member after member and row after row. */
  readonly data: ArrayLike<number>;
  /** Members M, examples N and classes K. */
  readonly shape: readonly [members: number, rows: number, columns: number];
}

/** Predictions of the members of an ensemble, or of draws from a posterior: one matrix [N, K] each, or all in one. */
export type Members = readonly MatrixLike[] | FlatMembers;

/** Reads at least one member's probabilities, all of one shape. */
export function memberProbabilities(caller: string, members: Members): DenseMatrix[] {
  const matrices = memberMatrices(caller, members);
  for (const matrix of matrices) checkProbabilities(caller, 'members', matrix);
  return matrices;
}

function memberMatrices(caller: string, members: Members): DenseMatrix[] {
  if ('shape' in members) {
    const [count, rows, columns] = members.shape;
    if (members.shape.length !== 3 || count * rows * columns !== members.data.length || members.data.length === 0) {
      throw new ShapeError(
        `${caller}: expected members of shape [M, N, K] with as many numbers and at least one, got shape ` +
          `[${members.shape.join(', ')}] and ${members.data.length} numbers. Flatten leading dimensions into N.`,
      );
    }
    const {data} = denseMatrix(caller, 'members', {data: members.data, shape: [count * rows, columns]});
    const size = rows * columns;
    return Array.from({length: count}, (_, m) => ({data: data.subarray(m * size, (m + 1) * size), rows, columns}));
  }
  const matrices = members.map((member) => denseMatrix(caller, 'members', member));
  const [first] = matrices;
  if (first === undefined) {
    throw new ShapeError(`${caller}: expected at least one member, got none. Pass a list of matrices [N, K].`);
  }
  matrices.forEach(({rows, columns}, m) => {
    if (rows !== first.rows || columns !== first.columns) {
      throw new ShapeError(
        `${caller}: expected members of one shape [${first.rows}, ${first.columns}], got [${rows}, ${columns}] for member ` +
          `${m}. Predict the same examples with every member.`,
      );
    }
  });
  return matrices;
}

/** Throws ShapeError unless there are at least two members. */
export function checkSeveral(caller: string, members: readonly DenseMatrix[]): void {
  if (members.length < 2) {
    throw new ShapeError(
      `${caller}: expected at least two members, got ${members.length}. One alone has no opinion to differ from.`,
    );
  }
}

/** Visits every example with the members' probabilities of it, [M, K] row after row, in an array that is used again. */
export function forEachExample(
  members: readonly DenseMatrix[],
  visit: (row: number, of: Float64Array, columns: number) => void,
): void {
  const {rows, columns} = members[0] as DenseMatrix;
  const one = new Float64Array(members.length * columns);
  for (let i = 0; i < rows; i++) {
    members.forEach(({data}, m) => {
      for (let k = 0; k < columns; k++) one[m * columns + k] = data[i * columns + k] as number;
    });
    visit(i, one, columns);
  }
}

/** Mean over the members of the rows of one example, into `mean`. */
export function meanOfMembers(of: Float64Array, columns: number, mean: Float64Array): void {
  mean.fill(0);
  for (let at = 0; at < of.length; at++) mean[at % columns] = (mean[at % columns] as number) + (of[at] as number);
  const count = of.length / columns;
  for (let k = 0; k < columns; k++) mean[k] = (mean[k] as number) / count;
}
