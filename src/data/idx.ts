import {FormatError} from '../errors.ts';
import type {NpyArray} from './npy.ts';
import type {NumericArray} from './npy-dtype.ts';

interface IdxType {
  readonly bytes: number;
  readonly create: (length: number) => NumericArray;
  readonly read: (view: DataView, offset: number) => number;
}

const types = new Map<number, IdxType>([
  [0x08, {bytes: 1, create: (n) => new Uint8Array(n), read: (v, o) => v.getUint8(o)}],
  [0x09, {bytes: 1, create: (n) => new Int8Array(n), read: (v, o) => v.getInt8(o)}],
  [0x0b, {bytes: 2, create: (n) => new Int16Array(n), read: (v, o) => v.getInt16(o)}],
  [0x0c, {bytes: 4, create: (n) => new Int32Array(n), read: (v, o) => v.getInt32(o)}],
  [0x0d, {bytes: 4, create: (n) => new Float32Array(n), read: (v, o) => v.getFloat32(o)}],
  [0x0e, {bytes: 8, create: (n) => new Float64Array(n), read: (v, o) => v.getFloat64(o)}],
]);

/**
 * Reads an array in the IDX format of the MNIST files (LeCun, Cortes and Burges, 1998), unpacked (not .gz).
 *
 * @throws FormatError where the bytes are no IDX file or are cut off.
 * @example
 * ```ts
 * import {readIdx} from 'tfjs-bayes';
 * const labels = readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4));
 * console.log(labels.shape, labels.data);   // [3], Uint8Array [5, 0, 4]
 * ```
 */
export function readIdx(bytes: Uint8Array): NpyArray {
  const type = types.get(bytes[2] ?? 0);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    const got = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const hint = bytes[0] === 0x1f && bytes[1] === 0x8b ? 'Unpack the .gz file first.' : 'Give an IDX file.';
    throw new FormatError(`readIdx: expected an IDX file starting with 00 00 and a type, got ${got}. ${hint}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = view.getUint8(3);
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw cutOff(start, bytes.length);
  const shape = Array.from({length: rank}, (_, d) => view.getUint32(4 + 4 * d));
  const length = shape.reduce((product, size) => product * size, 1);
  const end = start + length * type.bytes;
  if (bytes.length < end) throw cutOff(end, bytes.length);
  const data = type.create(length);
  for (let i = 0; i < length; i++) data[i] = type.read(view, start + i * type.bytes);
  return {data, shape};
}

function cutOff(expected: number, got: number): FormatError {
  return new FormatError(`readIdx: expected ${expected} bytes, got ${got}. The file is cut off: copy it again.`);
}
