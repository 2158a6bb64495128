import type {Matrix} from './matrix.ts';

/** Which rows of a block an eigenvector of one of its halves lives in. */
export const Home = {upper: 0, both: 1, lower: 2} as const;
/** One of the values of {@link Home}. */
export type Home = (typeof Home)[keyof typeof Home];

/** What {@link deflate} returns. */
export interface Deflation {
  /** Columns that take part in the update, by ascending value. */
  readonly kept: number[];
  /** Columns that are eigenvectors already. */
  readonly deflated: number[];
  /** The vector of the update diag(values) + strength z z^T. */
  readonly z: Float64Array;
  readonly strength: number;
  /** The rows that each column lives in. */
  readonly home: readonly Home[];
}

/** Sets aside columns that the update leaves alone, after rotations that make them so where two values nearly agree. */
export function deflate(
  values: Float64Array,
  Q: Matrix,
  low: number,
  middle: number,
  high: number,
  rho: number,
): Deflation {
  const n = Q.cols;
  const size = high - low;
  const home: Home[] = Array.from({length: size}, (_, c) => (c < middle - low ? Home.upper : Home.lower));
  const z = new Float64Array(size);
  for (let c = 0; c < size; c++) {
    const fromUpper = c < middle - low;
    const element = Q.data[(fromUpper ? middle - 1 : middle) * n + low + c] as number;
    z[c] = (fromUpper || rho > 0 ? element : -element) * Math.SQRT1_2;
  }
  const strength = 2 * Math.abs(rho);
  const largest = values.reduce((s, v) => Math.max(s, Math.abs(v)), strength);
  const tolerance = 4 * Number.EPSILON * largest;
  const kept: number[] = [];
  const deflated: number[] = [];
  let pending = -1;
  for (const column of ascendingOrder(values)) {
    if (strength * Math.abs(z[column] as number) <= tolerance) {
      deflated.push(column);
      continue;
    }
    if (pending >= 0) {
      const length = Math.hypot(z[column] as number, z[pending] as number);
      const cosine = (z[column] as number) / length;
      const sine = -(z[pending] as number) / length;
      const difference = (values[column] as number) - (values[pending] as number);
      if (Math.abs(difference * cosine * sine) <= tolerance) {
        z[column] = length;
        if (home[column] !== home[pending]) home[column] = home[pending] = Home.both;
        rotateColumns(Q, low, high, low + pending, low + column, cosine, sine);
        const [p, c] = [values[pending] as number, values[column] as number];
        values[pending] = p * cosine * cosine + c * sine * sine;
        values[column] = p * sine * sine + c * cosine * cosine;
        deflated.push(pending);
      } else {
        kept.push(pending);
      }
    }
    pending = column;
  }
  if (pending >= 0) kept.push(pending);
  return {kept, deflated, z, strength, home};
}

function rotateColumns(Q: Matrix, low: number, high: number, a: number, b: number, cosine: number, sine: number): void {
  for (let row = low; row < high; row++) {
    const x = Q.data[row * Q.cols + a] as number;
    const y = Q.data[row * Q.cols + b] as number;
    Q.data[row * Q.cols + a] = cosine * x + sine * y;
    Q.data[row * Q.cols + b] = cosine * y - sine * x;
  }
}

/** Indices of `values` by ascending value. */
export function ascendingOrder(values: Float64Array): Uint32Array {
  return Uint32Array.from(values.keys()).sort((p, q) => (values[p] as number) - (values[q] as number));
}
