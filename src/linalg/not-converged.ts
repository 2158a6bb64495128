/** An iteration ended before it reached its tolerance. */
export class NotConvergedError extends Error {
  override name = 'NotConvergedError';
  /** What was being decomposed, in words. */
  readonly matrixName: string;

  constructor(message: string, matrixName: string) {
    super(message);
    this.matrixName = matrixName;
  }
}
