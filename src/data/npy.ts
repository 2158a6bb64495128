import {ShapeError} from '../errors.ts';
import {describeDtype, type NumericArray} from './npy-dtype.ts';
import {npyCutOff, readNpyHeader} from './npy-header.ts';

/** An n-dimensional array, row-major. */
export interface NpyArray {
  /** The elements, `shape` multiplied together of them; row-major whatever the file's order was. */
  readonly data: NumericArray;
  /** Length of each dimension; empty for a single number. */
  readonly shape: readonly number[];
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads an array that NumPy's `save` wrote (format versions 1 to 3, either byte order, C or Fortran order).
 *
 * Read are booleans, integers of 8 to 64 bits and floats of 16 to 64 bits. float16 comes out as Float32Array, 64-bit
 * integers as Float64Array (those beyond 2^53 are refused) and booleans as Uint8Array.
 *
 * @throws FormatError where the bytes are no NPY file, are cut off, or hold a type that is not numeric.
 * @throws DataError where a 64-bit integer has no exact float64 value.
 * @example
 * ```ts
 * import {readNpy, writeNpy} from 'tfjs-bayes';
 * const bytes = writeNpy({data: new Float32Array([1, 2, 3, 4]), shape: [2, 2]});
 * console.log(readNpy(bytes).shape);   // [2, 2]
 * ```
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const {dtype, littleEndian, fortranOrder, shape, length, start} = readNpyHeader(bytes);
  const end = start + length * dtype.bytes;
  if (bytes.length < end) throw npyCutOff('data', end, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = dtype.create(length);
  for (let i = 0; i < length; i++) data[i] = dtype.read(view, start + i * dtype.bytes, littleEndian);
  return {data: fortranOrder ? toRowMajor(data, shape, dtype.create(length)) : data, shape};
}

/** Reorders elements stored with the first index running fastest. */
function toRowMajor(source: NumericArray, shape: readonly number[], target: NumericArray): NumericArray {
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < source.length; i++) {
    let position = 0;
    for (let d = 0; d < shape.length; d++) position = position * (shape[d] as number) + (index[d] as number);
    target[position] = source[i] as number;
    for (let d = 0; d < shape.length; d++) {
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (shape[d] as number)) break;
      index[d] = 0;
    }
  }
  return target;
}

/**
 * Writes an array as the bytes of an NPY file, format version 1, which NumPy's `load` reads.
 *
 * @throws ShapeError where `shape` does not hold as many elements as `data`.
 * @example
 * ```ts
 * import {writeNpy} from 'tfjs-bayes';
 * const bytes = writeNpy({data: Float64Array.of(0.5, 0.5), shape: [2]});
 * console.log(bytes.length);   // 144: a header of 128 bytes and two numbers
 * ```
 */
export function writeNpy({data, shape}: NpyArray): Uint8Array {
  const length = shape.reduce((product, size) => product * size, 1);
  if (length !== data.length) {
    throw new ShapeError(`writeNpy: expected ${length} elements for shape [${shape}], got ${data.length}. Mend one.`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${describeDtype(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const size = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(size + data.byteLength);
  bytes.set([...magic, 1, 0, (size - 10) & 0xff, (size - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(size - 11)}\n`), 10);
  bytes.set(toLittleEndian(data), size);
  return bytes;
}

function toLittleEndian(data: NumericArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const nativeIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  if (!nativeIsLittle) {
    for (let i = 0; i < bytes.length; i += data.BYTES_PER_ELEMENT)
      bytes.subarray(i, i + data.BYTES_PER_ELEMENT).reverse();
  }
  return bytes;
}
