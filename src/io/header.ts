import {FormatError} from '../errors.ts';

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | {readonly [key: string]: Json};

/** The kinds of arrays that are saved, bit for bit. */
export const ARRAY_TYPES = {float64: Float64Array, float32: Float32Array, int32: Int32Array} as const;

/** Marks a file as ours. */
export const FORMAT = 'tfjs-bayes posterior';

/** One array of a file; its bytes follow those of the arrays before it. */
export interface ArrayEntry {
  readonly name: string;
  readonly type: keyof typeof ARRAY_TYPES;
  readonly length: number;
}

/** What a file says about itself, but for the checksum. */
export interface Contents {
  readonly format: typeof FORMAT;
  readonly kind: string;
  readonly version: number;
  readonly config: {readonly [key: string]: Json};
  readonly arrays: readonly ArrayEntry[];
}

/** All that a file holds beside the bytes of its arrays. */
export interface Header extends Contents {
  readonly checksum: number;
}

/** Length of an array in bytes. */
export function byteLength({type, length}: ArrayEntry): number {
  return length * ARRAY_TYPES[type].BYTES_PER_ELEMENT;
}

/**
 * Takes a header as it was read, if it is one in all its parts.
 *
 * @throws FormatError where a part is missing or of another type.
 */
export function checkedHeader(read: object, caller: string): Header {
  const {kind, version, config, arrays, checksum} = read as {readonly [key in keyof Header]?: unknown};
  const faults = [
    ...(typeof kind === 'string' ? [] : ['kind']),
    ...(isCount(version) ? [] : ['version']),
    ...(isObject(config) ? [] : ['config']),
    ...(Array.isArray(arrays) && arrays.every(isArrayEntry) ? [] : ['arrays']),
    ...(isCount(checksum) ? [] : ['checksum']),
  ];
  if (faults.length === 0) return read as Header;
  throw new FormatError(
    `${caller}: expected a header with kind, version, config, arrays and checksum, got one without a sound ` +
      `${faults.join(', ')}. The file is damaged: save it again.`,
  );
}

/** 32-bit FNV-1a (Fowler, Noll and Vo) of the contents, in whatever order their keys stand, and of the arrays' bytes. */
export function checksumOf(contents: Contents, bytes: Uint8Array): number {
  const sorted = JSON.stringify(contents, (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  let hash = 0x811c9dc5;
  for (const part of [new TextEncoder().encode(sorted), bytes]) {
    for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isArrayEntry(value: unknown): value is ArrayEntry {
  if (!isObject(value)) return false;
  const {name, type, length} = value as {readonly [key in keyof ArrayEntry]?: unknown};
  return typeof name === 'string' && Object.hasOwn(ARRAY_TYPES, String(type)) && isCount(length);
}
