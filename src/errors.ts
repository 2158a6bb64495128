/** The errors that callers may want to catch. Every message reads `function: expected ..., got .... What to do.` */

/** An argument or option has a value that the function cannot use. */
export class ConfigError extends Error {
  /** Always `'ConfigError'`. */
  override name = 'ConfigError';
}

/** A tensor or array has the wrong shape. */
export class ShapeError extends Error {
  /** Always `'ShapeError'`. */
  override name = 'ShapeError';
}

/** Data hold NaN or an infinity, labels out of range, or rows that are not probabilities. */
export class DataError extends Error {
  /** Always `'DataError'`. */
  override name = 'DataError';
}

/** A method was called that needs `fit` to have run first. */
export class NotFittedError extends Error {
  /** Always `'NotFittedError'`. */
  override name = 'NotFittedError';
}

/** A model layer has no curvature rule. */
export class UnsupportedLayerError extends Error {
  /** Always `'UnsupportedLayerError'`. */
  override name = 'UnsupportedLayerError';
  /** Name of the layer in the model. */
  readonly layerName: string;
  /** Class name of the layer. */
  readonly layerClass: string;

  constructor(message: string, layerName: string, layerClass: string) {
    super(message);
    this.layerName = layerName;
    this.layerClass = layerClass;
  }
}

/** A matrix stayed indefinite after every jitter that was tried. */
export class NotPositiveDefiniteError extends Error {
  /** Always `'NotPositiveDefiniteError'`. */
  override name = 'NotPositiveDefiniteError';
  /** What the matrix is, in words. */
  readonly matrixName: string;
  /** The largest jitter that was added to the diagonal. */
  readonly jitter: number;

  constructor(message: string, matrixName: string, jitter: number) {
    super(message);
    this.matrixName = matrixName;
    this.jitter = jitter;
  }
}

/** A file is truncated, corrupt or of an unknown format. */
export class FormatError extends Error {
  /** Always `'FormatError'`. */
  override name = 'FormatError';
}

/** A saved posterior belongs to another model, or the model was trained on after `fit`. */
export class ModelMismatchError extends Error {
  /** Always `'ModelMismatchError'`. */
  override name = 'ModelMismatchError';
}
