/** One measured pair: our figure and, measured in the same run or bound beforehand, what it is compared with. */
export interface BenchRow {
  readonly name: string;
  readonly ours: number;
  readonly reference?: number;
  /** Milliseconds, or megabytes of 2^20 bytes. */
  readonly unit: 'ms' | 'MB';
  readonly note?: string;
}
