import {FormatError} from '../errors.ts';
import {type Dtype, dtypeCodes, findDtype} from './npy-dtype.ts';

/** What the header of an NPY file says about its elements. */
export interface NpyHeader {
  /** Type of the elements. */
  readonly dtype: Dtype;
  /** Whether the elements' bytes stand least significant first. */
  readonly littleEndian: boolean;
  /** Whether the first index runs fastest. */
  readonly fortranOrder: boolean;
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** Byte at which the elements begin. */
  readonly start: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const pattern = /'descr':\s*'([<>|=]?)(\w+)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\sL]*)\)/;

/**
 * Reads the header of an NPY file from its first bytes.
 *
 * @throws FormatError where the bytes are no NPY file, end within the header, or announce a type that is not numeric.
 */
export function readNpyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError(
      'readNpy: expected an NPY file starting with the bytes 93 "NUMPY", got something else. Write it with numpy.save.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) {
    throw new FormatError(`readNpy: expected format version 1, 2 or 3, got ${version}. Write it with numpy.save.`);
  }
  const long = version > 1;
  if (long && bytes.length < 12) throw npyCutOff('header', 12, bytes.length);
  const from = long ? 12 : 10;
  const start = from + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < start) throw npyCutOff('header', start, bytes.length);
  const header = new TextDecoder().decode(bytes.subarray(from, start));
  const [, order, code, fortran, dimensions] = pattern.exec(header) ?? [];
  const dtype = findDtype(code ?? '');
  if (dtype === undefined || dimensions === undefined) {
    throw new FormatError(
      `readNpy: expected an array of one of the types ${dtypeCodes.join(', ')}, got the header ` +
        `${JSON.stringify(header.trim().slice(0, 120))}. Convert it, for example with array.astype('float64').`,
    );
  }
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  const length = shape.reduce((product, size) => product * size, 1);
  return {dtype, littleEndian: order !== '>', fortranOrder: fortran === 'True', shape, length, start};
}

/** The error for a file that ends too early. */
export function npyCutOff(part: string, expected: number, got: number): FormatError {
  return new FormatError(
    `readNpy: expected ${expected} bytes up to the end of the ${part}, got ${got}. Copy it again.`,
  );
}
