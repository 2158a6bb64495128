/** One measured pair: our time and, measured in the same run, that of what it is compared with. */
export interface BenchRow {
  readonly name: string;
  readonly ours: number;
  readonly reference?: number;
  readonly unit: 'ms';
  readonly note?: string;
}
