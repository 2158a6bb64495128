import {ConfigError, FormatError} from '../errors.ts';
import type {Likelihood} from '../likelihoods/likelihood.ts';
import {eigh, gram, type Matrix, matMul, transpose} from '../linalg/index.ts';
import type {Rng} from '../random/rng.ts';
import type {Curvature, SubspaceStructure, WeightLayout} from './curvature.ts';
import type {CurvatureChoice} from './output-root.ts';
import type {TappedNet} from './tap-run.ts';

/** Numbers in the rows of a subspace: half a gigabyte in float64. */
const MAX_NUMBERS = 2 ** 26;
/** Columns that are worked on at once. */
const COLUMNS = 4096;
/** Directions with less of the largest eigenvalue than this are rounding errors of the float32 rows they are made from. */
const ROUNDING = 2 ** -40;

/** Orthonormal directions with the curvature along each: H ~ sum over k of values_k basis_k basis_k^T. */
export interface Spectrum {
  /** Orthonormal rows, [K, P] row-major. */
  readonly basis: Float32Array;
  /** Their curvatures, none below 0. */
  readonly values: Float64Array;
}

/** What the fit of a {@link SubspaceCurvature} is told. */
export interface SubspaceFitOptions {
  readonly tapped: TappedNet;
  readonly likelihood: Likelihood;
  readonly layouts: readonly WeightLayout[];
  readonly choice: CurvatureChoice;
  /** Most directions to be kept; a functional fit keeps all. */
  readonly rank: number;
  /** Where the search for them stops: see `LowRankFit`. */
  readonly tolerance: number;
  /** A number of examples to be drawn, or which ones. */
  readonly subset: number | readonly number[];
  /** Where the random choices come from. */
  readonly rng: Rng;
  /** What is added to. */
  readonly previous: SubspaceCurvature | undefined;
}

/** The curvature along a few directions of weight space, with none along the others. */
export class SubspaceCurvature implements Curvature, Spectrum {
  readonly structure: SubspaceStructure;
  readonly layouts: readonly WeightLayout[];
  readonly basis: Float32Array;
  readonly values: Float64Array;

  constructor(structure: SubspaceStructure, layouts: readonly WeightLayout[], {basis, values}: Spectrum) {
    this.structure = structure;
    this.layouts = layouts;
    this.basis = basis;
    this.values = values;
  }

  toArrays(): Record<string, Float64Array | Float32Array> {
    return {basis: this.basis, values: this.values};
  }

  /** What `toArrays` gave. Throws `FormatError` where an array is missing or has the wrong length. */
  static fromArrays(
    structure: SubspaceStructure,
    layouts: readonly WeightLayout[],
    {basis, values}: Record<string, ArrayLike<number>>,
  ): SubspaceCurvature {
    const size = weightCount(layouts);
    if (!basis || !values || basis.length !== values.length * size) {
      throw new FormatError(
        `loadPosterior: expected arrays 'values' and 'basis', ${size} numbers for each value, got ${values?.length ?? 0} ` +
          `values and ${basis?.length ?? 0} numbers. The file is damaged or of another version.`,
      );
    }
    return new SubspaceCurvature(structure, layouts, {
      basis: Float32Array.from(basis),
      values: Float64Array.from(values),
    });
  }
}

/** Number of weights P. */
export function weightCount(layouts: readonly WeightLayout[]): number {
  return layouts.reduce((sum, {size}) => sum + size, 0);
}

/** Throws `ConfigError` where so many rows over P weights are too much to hold. */
export function checkRows(rows: number, size: number, structure: SubspaceStructure, remedy: string): void {
  if (rows * size <= MAX_NUMBERS) return;
  throw new ConfigError(
    `laplace: expected at most ${Math.floor(MAX_NUMBERS / size)} directions of ${size} weights for structure ` +
      `'${structure}', got ${rows}. ${remedy}`,
  );
}

/**
 * The eigenvectors of W^T W with eigenvalues above rounding, ascending, from its rows W [rows, size]: through the smaller of
 * W W^T and W^T W, in float64.
 */
export function spectrumOfRows(W: Float32Array, size: number): Spectrum {
  const rows = W.length / size;
  const wide = rows <= size;
  const {values, vectors} = eigh(wide ? rowProducts(W, W, size) : gram(toMatrix(W, rows, size)), {name: 'curvature'});
  const least = ROUNDING * Math.max(values.at(-1) ?? 0, 0);
  const first = values.findIndex((value) => value > least);
  const kept = first < 0 ? new Float64Array(0) : values.slice(first);
  const directions = transpose(vectors).data.subarray((values.length - kept.length) * vectors.rows);
  if (!wide) return {values: kept, basis: Float32Array.from(directions)};
  const mix = directions.map((v, k) => v / Math.sqrt(kept[Math.floor(k / rows)] as number));
  return {values: kept, basis: combineRows({rows: kept.length, cols: rows, data: mix}, W)};
}

/** A B^T in float64 of rows of the same size. */
export function rowProducts(A: Float32Array, B: Float32Array, size: number): Matrix {
  const [rows, others] = [A.length / size, B.length / size];
  const sum = {rows, cols: others, data: new Float64Array(rows * others)};
  for (let start = 0; start < size; start += COLUMNS) {
    const width = Math.min(COLUMNS, size - start);
    const right = transpose(columns(B, size, start, width));
    const part = A === B ? gram(right) : matMul(columns(A, size, start, width), right);
    part.data.forEach((value, k) => {
      sum.data[k] = (sum.data[k] as number) + value;
    });
  }
  return sum;
}

/** The rows mix W, computed in float64. */
export function combineRows(mix: Matrix, W: Float32Array): Float32Array {
  const size = mix.cols === 0 ? 0 : W.length / mix.cols;
  const result = new Float32Array(mix.rows * size);
  for (let start = 0; start < size; start += COLUMNS) {
    const width = Math.min(COLUMNS, size - start);
    const {data} = matMul(mix, columns(W, size, start, width));
    for (let k = 0; k < mix.rows; k++) result.set(data.subarray(k * width, (k + 1) * width), k * size + start);
  }
  return result;
}

function toMatrix(W: Float32Array, rows: number, cols: number): Matrix {
  return {rows, cols, data: Float64Array.from(W)};
}

function columns(W: Float32Array, size: number, start: number, width: number): Matrix {
  const rows = W.length / size;
  const data = new Float64Array(rows * width);
  for (let k = 0; k < rows; k++) data.set(W.subarray(k * size + start, k * size + start + width), k * width);
  return {rows, cols: width, data};
}
