import {unzipSync, zipSync} from 'fflate';
import {FormatError} from '../errors.ts';
import {crc32} from './crc32.ts';
import {type NpyArray, readNpy, writeNpy} from './npy.ts';
import {statedChecksums} from './zip-checksums.ts';

/**
 * Reads all arrays of an NPZ file (NumPy's `savez` or `savez_compressed`) by name.
 *
 * @throws FormatError where the bytes are no ZIP file, hold no array, or an array's checksum is not the one stated; what
 * {@link readNpy} throws for a member.
 * @example
 * ```ts
 * import {readNpz, writeNpz} from 'tfjs-bayes';
 * const bytes = writeNpz({labels: {data: Int32Array.of(2, 0, 1), shape: [3]}});
 * console.log(readNpz(bytes).get('labels')?.data);   // Int32Array [2, 0, 1]
 * ```
 */
export function readNpz(bytes: Uint8Array): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const {name, content, checksum} of unzip(bytes)) {
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

function unzip(bytes: Uint8Array): Member[] {
  try {
    const names: string[] = [];
    const files = unzipSync(bytes, {filter: ({name}) => names.push(name) > 0 && name.endsWith('.npy')});
    const checksums = names.length === 0 ? [] : statedChecksums(bytes);
    const stated = new Map(names.map((name, i) => [name, checksums[i]]));
    return Object.entries(files).map(([name, content]) => ({name, content, checksum: stated.get(name) ?? -1}));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      `readNpz: expected an NPZ (ZIP) file, got ${bytes.length} bytes that do not open (${reason}). ` +
        'Write it with numpy.savez.',
      {cause},
    );
  }
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
