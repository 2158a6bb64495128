import {type UnzipFileInfo, unzipSync, zipSync} from 'fflate';
import {FormatError} from '../errors.ts';
import {crc32} from './crc32.ts';
import {type NpyArray, readNpy, writeNpy} from './npy.ts';
import {statedChecksums} from './zip-checksums.ts';

/** What all arrays of a file may take together unless the caller says otherwise. */
const LARGEST = 2 ** 31;

/**
 * Reads all arrays of an NPZ file (NumPy's `savez` or `savez_compressed`) by name.
 *
 * A small file may be made to unpack into more than the memory holds, so nothing is unpacked where the arrays would take more
 * than `maxBytes` together.
 *
 * @param bytes The file.
 * @param options as follows.
 * @param options.maxBytes Bytes that all arrays may take, 2 GiB by default.
 * @throws FormatError where the bytes are no ZIP file, hold no array or more than `maxBytes`, or an array's checksum is not the
 * one stated; what {@link readNpy} throws for a member.
 * @example
 * ```ts
 * import {readNpz, writeNpz} from 'tfjs-bayes';
 * const bytes = writeNpz({labels: {data: Int32Array.of(2, 0, 1), shape: [3]}});
 * console.log(readNpz(bytes).get('labels')?.data);   // Int32Array [2, 0, 1]
 * ```
 */
export function readNpz(bytes: Uint8Array, {maxBytes = LARGEST}: {maxBytes?: number} = {}): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const {name, content, checksum} of unzip(bytes, maxBytes)) {
    if (crc32(content) !== checksum) {
      throw new FormatError(
        `readNpz: expected ${name} with the checksum that the file states, got another. The file is damaged: copy it ` +
          'again.',
      );
    }
    arrays.set(name.slice(0, -'.npy'.length), readNpy(content));
  }
  if (arrays.size === 0) {
    throw new FormatError(
      'readNpz: expected at least one array, got a ZIP file without any. Write it with numpy.savez.',
    );
  }
  return arrays;
}

interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly checksum: number;
}

function unzip(bytes: Uint8Array, maxBytes: number): Member[] {
  try {
    const names: string[] = [];
    const filter = ({name}: UnzipFileInfo) => names.push(name) > 0 && name.endsWith('.npy');
    const total = unpackedSize(bytes);
    if (total > maxBytes) throw tooLarge(total, maxBytes);
    const files = unzipSync(bytes, {filter});
    const checksums = names.length === 0 ? [] : statedChecksums(bytes);
    const stated = new Map(names.map((name, i) => [name, checksums[i]]));
    return Object.entries(files).map(([name, content]) => ({name, content, checksum: stated.get(name) ?? -1}));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      `readNpz: expected an NPZ (ZIP) file, got ${bytes.length} bytes that do not open (${reason}). ` +
        'Write it with numpy.savez.',
      {cause},
    );
  }
}

/** What the members of a ZIP file say that they unpack to. */
function unpackedSize(bytes: Uint8Array): number {
  let total = 0;
  const filter = ({originalSize}: UnzipFileInfo): boolean => {
    total += originalSize;
    return false;
  };
  unzipSync(bytes, {filter});
  return total;
}

function tooLarge(bytes: number, most: number): FormatError {
  return new FormatError(
    `readNpz: expected arrays of at most ${most} bytes, got a file that unpacks to ${bytes}. Split it, or save the arrays as ` +
      'NPY files.',
  );
}

/**
 * Writes named arrays as the bytes of a compressed NPZ file, which NumPy's `load` reads.
 *
 * @throws ShapeError where a shape does not hold as many elements as its data.
 * @example
 * ```ts
 * import {writeNpz} from 'tfjs-bayes';
 * const bytes = writeNpz({probs: {data: Float32Array.of(0.9, 0.1), shape: [1, 2]}});
 * console.log(bytes.length > 0);   // true
 * ```
 */
export function writeNpz(arrays: {readonly [name: string]: NpyArray}): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)] as const);
  return zipSync(Object.fromEntries(files), {mtime: '1980-01-01'});
}
