import {DataError} from '../errors.ts';
import {halfToNumber} from './half.ts';

/** The typed arrays that an NPY array can come out as. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** How the elements of one NumPy type are stored and read. */
export interface Dtype {
  /** Bytes per element. */
  readonly bytes: number;
  /** Makes an array for elements of this type. */
  readonly create: (length: number) => NumericArray;
  /** Reads one element. */
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number;
}

const dtypes: {readonly [code: string]: Dtype} = {
  f2: {bytes: 2, create: (n) => new Float32Array(n), read: (v, o, le) => halfToNumber(v.getUint16(o, le))},
  f4: {bytes: 4, create: (n) => new Float32Array(n), read: (v, o, le) => v.getFloat32(o, le)},
  f8: {bytes: 8, create: (n) => new Float64Array(n), read: (v, o, le) => v.getFloat64(o, le)},
  i1: {bytes: 1, create: (n) => new Int8Array(n), read: (v, o) => v.getInt8(o)},
  i2: {bytes: 2, create: (n) => new Int16Array(n), read: (v, o, le) => v.getInt16(o, le)},
  i4: {bytes: 4, create: (n) => new Int32Array(n), read: (v, o, le) => v.getInt32(o, le)},
  i8: {bytes: 8, create: (n) => new Float64Array(n), read: (v, o, le) => safe(v.getBigInt64(o, le))},
  u1: {bytes: 1, create: (n) => new Uint8Array(n), read: (v, o) => v.getUint8(o)},
  u2: {bytes: 2, create: (n) => new Uint16Array(n), read: (v, o, le) => v.getUint16(o, le)},
  u4: {bytes: 4, create: (n) => new Uint32Array(n), read: (v, o, le) => v.getUint32(o, le)},
  u8: {bytes: 8, create: (n) => new Float64Array(n), read: (v, o, le) => safe(v.getBigUint64(o, le))},
  b1: {bytes: 1, create: (n) => new Uint8Array(n), read: (v, o) => (v.getUint8(o) === 0 ? 0 : 1)},
};

/** Codes of the NumPy types that can be read, without their byte order. */
export const dtypeCodes: readonly string[] = Object.keys(dtypes);

/** The type behind a NumPy code such as 'f4', or undefined where it cannot be read. */
export function findDtype(code: string): Dtype | undefined {
  return Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
}

/** The NumPy description of a typed array, with byte order. */
export function describeDtype(data: NumericArray): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Int8Array) return '|i1';
  if (data instanceof Uint8Array) return '|u1';
  if (data instanceof Int16Array) return '<i2';
  if (data instanceof Uint16Array) return '<u2';
  if (data instanceof Int32Array) return '<i4';
  return '<u4';
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new DataError(
      `readNpy: expected 64-bit integers within +-(2^53 - 1), got ${value}. Store them as float64 or rescale them.`,
    );
  }
  return number;
}
