import {readFile} from 'node:fs/promises';
import {DataError, FormatError} from '../src/errors.ts';
import {readCsvPredictions} from './csv-predictions.ts';
import {readNpzPredictions} from './npz-predictions.ts';
import type {Predictions} from './predictions.ts';

/**
 * Reads a file of predictions, CSV or NPZ; which it is shows in its first bytes, not in its name.
 *
 * @throws DataError where the file cannot be read or holds no predictions; the message starts with the path.
 */
export async function readPredictions(path: string): Promise<Predictions> {
  try {
    const bytes = new Uint8Array(await readFile(path));
    if (startsWith(bytes, 'PK')) return readNpzPredictions(bytes);
    if (startsWith(bytes.subarray(1), 'NUMPY')) {
      throw new FormatError(
        'expected a CSV or NPZ file, got a single NPY array. Save predictions and labels together with numpy.savez.',
      );
    }
    return readCsvPredictions(readText(bytes));
  } catch (cause) {
    throw new DataError(`${path}: ${describe(cause)}`, {cause});
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch (cause) {
    throw new FormatError('expected a CSV text in UTF-8 or an NPZ file, got other bytes. Convert the file.', {cause});
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (!('code' in cause)) return cause.message;
  const reasons: {readonly [code: string]: string} = {
    ENOENT: 'nothing under that path',
    EISDIR: 'a folder',
    EACCES: 'one that may not be read',
  };
  return `expected a file, got ${reasons[String(cause.code)] ?? cause.message}. Check the path.`;
}
