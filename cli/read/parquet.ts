import * as zlib from 'node:zlib';
import {type AsyncBuffer, type Compressors, type FileMetaData, parquetMetadataAsync, parquetRead} from 'hyparquet';
import {DataError, FormatError} from '../../src/errors.ts';
import {type Batch, type NamedArray, rowAfter} from './batch.ts';
import type {ReadCell} from './cells.ts';
import {toArray} from './json.ts';

const LARGEST_GROUP = 2 ** 30;

/** Of Node from 22.15 on. */
const zstd: unknown = Reflect.get(zlib, 'zstdDecompressSync');

/** What hyparquet does not bring itself; snappy it does. */
const compressors: Compressors = {
  GZIP: (input, maxOutputLength) => zlib.gunzipSync(input, {maxOutputLength}),
  BROTLI: (input, maxOutputLength) => zlib.brotliDecompressSync(input, {maxOutputLength}),
  ...(typeof zstd === 'function'
    ? {ZSTD: (input: Uint8Array, maxOutputLength: number) => zstd(input, {maxOutputLength}) as Uint8Array}
    : {}),
};

/**
 * Reads a Parquet file one row group at a time.
 *
 * @throws FormatError where the file is damaged or compressed in a way that is not understood.
 * @throws DataError where a cell is not a finite number.
 */
export async function* parquetBatches(file: AsyncBuffer, readCell: ReadCell): AsyncIterable<Batch> {
  const metadata = await understood(() => parquetMetadataAsync(file));
  let first = 0;
  for (const {num_rows, total_byte_size} of metadata.row_groups) {
    if (total_byte_size > LARGEST_GROUP) {
      throw new FormatError(
        `expected row groups of at most ${LARGEST_GROUP} bytes, got one that unpacks to ${total_byte_size}. Write smaller ones.`,
      );
    }
    const rows = Number(num_rows);
    if (rows > 0) yield await readGroup(file, metadata, first, rows, readCell);
    first += rows;
  }
  if (first === 0)
    throw new DataError('expected at least one row, got a Parquet file without any. Add the predictions.');
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  first: number,
  rows: number,
  readCell: ReadCell,
): Promise<Batch> {
  const cells = new Map<string, unknown[]>();
  await understood(() =>
    parquetRead({
      file,
      metadata,
      compressors,
      rowStart: first,
      rowEnd: first + rows,
      onChunk: ({columnName, columnData, rowStart, rowEnd}) => {
        const column = cells.get(columnName) ?? new Array<unknown>(rows).fill(undefined);
        cells.set(columnName, column);
        // A page may begin before the rows that were asked for and end after them.
        for (let row = Math.max(rowStart, first); row < Math.min(rowEnd, first + rows); row++) {
          column[row - first] = columnData[row - rowStart];
        }
      },
    }),
  );
  const at = rowAfter(first);
  const arrays = [...cells].map(([name, column]): [string, NamedArray] => [name, toArray(column, name, readCell, at)]);
  return {arrays: new Map(arrays), membersFirst: false, where: at};
}

async function understood<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ').slice(0, 120) : String(cause);
    const remedy = /codec/.test(reason) ? 'Write it with the compression snappy, gzip or brotli' : 'Write it again';
    throw new FormatError(`expected a Parquet file, got one that does not open (${reason}). ${remedy}.`, {cause});
  }
}
