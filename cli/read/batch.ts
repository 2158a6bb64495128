/** Numbers with a shape, row-major. */
export interface NamedArray {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** A run of rows of a file, as arrays by name. */
export interface Batch {
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Whether the first index of members and draws counts them, as in NPZ, and not the rows, as in tables. */
  readonly membersFirst: boolean;
  /** Where a row of the batch stands in the file, for messages: 'line 7' or 'row 6'. */
  readonly where: (row: number) => string;
}

/** Told how much of a file has been read, from 0 to 1. */
export type OnRead = (share: number) => void;

/** Where row `row` stands in a file that counts from 0 and of which `first` rows came before. */
export function rowAfter(first: number): (row: number) => string {
  return (row) => `row ${first + row}`;
}
