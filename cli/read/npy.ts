import type {FileHandle} from 'node:fs/promises';
import {readNpy} from '../../src/data/index.ts';
import {type NpyHeader, npyCutOff, readNpyHeader} from '../../src/data/npy-header.ts';
import {ShapeError} from '../../src/errors.ts';
import {type Batch, type NamedArray, rowAfter} from './batch.ts';

const HEADER = 2 ** 16;
const BLOCK = 2 ** 22;

/** Reads an NPY file of rows under the given name, in blocks of rows where the file allows it. */
export async function* npyBatches(file: FileHandle, name: string): AsyncIterable<Batch> {
  const {size} = await file.stat();
  const header = readNpyHeader(await readBytes(file, 0, Math.min(HEADER, size)));
  const {dtype, shape, length, start, fortranOrder} = header;
  const end = start + length * dtype.bytes;
  if (size < end) throw npyCutOff('data', end, size);
  if (shape.length === 0 || length === 0) {
    throw new ShapeError(`expected an array with rows, got the shape [${shape}]. Save predictions of shape [N, K].`);
  }
  const batch = (array: NamedArray, first: number): Batch => ({
    arrays: new Map([[name, array]]),
    membersFirst: true,
    where: rowAfter(first),
  });
  if (shape.length > 2 || fortranOrder) {
    const {data} = readNpy(await readBytes(file, 0, end));
    yield batch({data: Float64Array.from(data), shape}, 0);
    return;
  }
  const rows = shape[0] as number;
  const width = length / rows;
  const step = Math.max(1, Math.floor(BLOCK / (width * dtype.bytes)));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    const bytes = await readBytes(file, start + first * width * dtype.bytes, count * width * dtype.bytes);
    yield batch({data: decode(bytes, header), shape: [count, ...shape.slice(1)]}, first);
  }
}

function decode(bytes: Uint8Array, {dtype, littleEndian}: NpyHeader): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(bytes.length / dtype.bytes);
  for (let i = 0; i < data.length; i++) data[i] = dtype.read(view, i * dtype.bytes, littleEndian);
  return data;
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const {bytesRead} = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw npyCutOff('data', position + length, position + done);
    done += bytesRead;
  }
  return bytes;
}
