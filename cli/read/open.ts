import {createReadStream} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {readNpz} from '../../src/data/index.ts';
import {DataError, FormatError} from '../../src/errors.ts';
import {type Batch, type NamedArray, type OnRead, rowAfter} from './batch.ts';
import {type CellOptions, cellReader, type ReadCell} from './cells.ts';
import {csvBatches} from './csv.ts';
import {readJson} from './json.ts';
import {npyBatches} from './npy.ts';
import {parquetBatches} from './parquet.ts';
import {decodeUtf8} from './utf8.ts';

const CHUNK = 2 ** 20;
const LARGEST_JSON = 2 ** 28;
const LARGEST_NPZ = 2 ** 30;

/** How a file is read. */
export interface OpenOptions extends CellOptions {
  /** Name of the array in an NPY file, which has none. */
  readonly npyName: string;
  /** Told how much of the file has been read. */
  readonly onRead?: OnRead;
}

/**
 * Reads a file in batches of rows; what it is shows in its first bytes, not in its name.
 *
 * @throws DataError where the file cannot be read; the message starts with its path.
 */
export async function* openBatches(path: string, {npyName, onRead, ...cells}: OpenOptions): AsyncIterable<Batch> {
  try {
    const file = await open(path);
    try {
      const found = await file.stat();
      const {size} = found;
      if (found.isDirectory()) throw new DataError('expected a file, got a folder. Check the path.');
      const reading = {path, file, size, npyName, readCell: cellReader(cells), onRead: onRead ?? (() => undefined)};
      yield* batchesOf(reading);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new DataError(`${path}: ${describe(cause)}`, {cause});
  }
}

interface Reading {
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
  readonly npyName: string;
  readonly readCell: ReadCell;
  readonly onRead: OnRead;
}

async function* batchesOf(reading: Reading): AsyncIterable<Batch> {
  const {path, file, size, npyName, readCell, onRead} = reading;
  const start = new Uint8Array(512);
  const {bytesRead} = await file.read(start, 0, start.length, 0);
  const head = Buffer.from(start.subarray(0, bytesRead)).toString('latin1');
  if (size === 0) throw new FormatError('expected predictions, got an empty file. Write it again.');
  if (head.startsWith('\x93NUMPY')) yield* counted(npyBatches(file, npyName), size, onRead);
  else if (head.startsWith('PK')) yield npzBatch(await readWhole(file, size));
  else if (head.startsWith('PAR1')) yield* counted(parquetBatches(parquetSource(file, size), readCell), size, onRead);
  else if (/^(\xef\xbb\xbf)?\s*[[{]/.test(head)) yield await jsonBatch(reading);
  else if (/^(\xef\xbb\xbf)?\s*</.test(head)) {
    throw new FormatError('expected predictions, got an HTML or XML page. Download the file itself.');
  } else yield* csvBatches(textChunks(path, size, onRead), readCell);
}

async function* textChunks(path: string, size: number, onRead: OnRead): AsyncIterable<Uint8Array> {
  let read = 0;
  for await (const chunk of createReadStream(path, {highWaterMark: CHUNK})) {
    yield chunk as Buffer;
    read += (chunk as Buffer).length;
    onRead(Math.min(1, read / size));
  }
}

/** Batches whose numbers are counted against the size of the file, for want of a better measure. */
async function* counted(batches: AsyncIterable<Batch>, size: number, onRead: OnRead): AsyncIterable<Batch> {
  let numbers = 0;
  for await (const batch of batches) {
    yield batch;
    for (const {data} of batch.arrays.values()) numbers += data.length;
    onRead(Math.min(1, (8 * numbers) / size));
  }
}

async function readWhole(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const {bytesRead} = await file.read(bytes, done, size - done, done);
    if (bytesRead === 0) throw new FormatError(`expected ${size} bytes, got ${done}. The file changed: read it again.`);
    done += bytesRead;
  }
  return bytes;
}

function npzBatch(bytes: Uint8Array): Batch {
  const arrays = [...readNpz(bytes, {maxBytes: LARGEST_NPZ})].map(([name, {data, shape}]): [string, NamedArray] => [
    name,
    {data: data instanceof Float64Array ? data : Float64Array.from(data), shape},
  ]);
  return {arrays: new Map(arrays), membersFirst: true, where: rowAfter(0)};
}

async function jsonBatch({path, size, readCell, onRead}: Reading): Promise<Batch> {
  if (size > LARGEST_JSON) {
    throw new FormatError(
      `expected JSON of at most ${LARGEST_JSON} bytes, got ${size}. Use CSV, NPY or Parquet for so many rows.`,
    );
  }
  let text = '';
  for await (const part of decodeUtf8(textChunks(path, size, onRead))) text += part;
  return readJson(text.replace(/^\uFEFF/, ''), readCell);
}

function parquetSource(file: FileHandle, size: number) {
  return {
    byteLength: size,
    async slice(start: number, end: number = size): Promise<ArrayBuffer> {
      if (!(start >= 0 && start <= end && end <= size)) throw new RangeError(`no bytes ${start} to ${end}`);
      const bytes = new Uint8Array(end - start);
      const {bytesRead} = await file.read(bytes, 0, bytes.length, start);
      if (bytesRead !== bytes.length) throw new RangeError(`${bytesRead} bytes where ${bytes.length} should be`);
      return bytes.buffer;
    },
  };
}

/** What went wrong, in one line, without the name of the function that saw it. */
export function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const reasons: {readonly [code: string]: string} = {
    ENOENT: 'nothing under that path',
    ENOTDIR: 'a path that goes through a file',
    EISDIR: 'a folder',
    EACCES: 'one that may not be read',
  };
  const code = 'code' in cause ? String(cause.code) : '';
  if (/^E[A-Z]+$/.test(code)) return `expected a file, got ${reasons[code] ?? cause.message}. Check the path.`;
  return cause.message.replace(/^\w+: /, '').replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
