import type {io} from '@tensorflow/tfjs-core';
import {FormatError} from '../errors.ts';

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | {readonly [key: string]: Json};

/** A posterior as it is saved: JSON and named arrays, bit for bit. */
export interface SavedPosterior {
  /** Which loader reads it, such as `laplace`. */
  readonly kind: string;
  /** Version of the kind's own format, from 1. */
  readonly version: number;
  /** Everything that is no array. */
  readonly config: {readonly [key: string]: Json};
  /** The arrays, by name. */
  readonly arrays: Readonly<Record<string, Float64Array | Float32Array | Int32Array>>;
}

const FORMAT = 'tfjs-bayes posterior';
const ARRAY_TYPES = {float64: Float64Array, float32: Float32Array, int32: Int32Array} as const;

interface ArrayEntry {
  readonly name: string;
  readonly type: keyof typeof ARRAY_TYPES;
  readonly length: number;
}

interface Header {
  readonly format: typeof FORMAT;
  readonly kind: string;
  readonly version: number;
  readonly config: {readonly [key: string]: Json};
  readonly arrays: readonly ArrayEntry[];
  readonly checksum: number;
}

/** The form that every `tf.io` handler stores. Float64 arrays travel as pairs of int32, because tfjs has no float64. */
export function toArtifacts({kind, version, config, arrays}: SavedPosterior): io.ModelArtifacts {
  const entries = Object.entries(arrays).map(
    ([name, array]): ArrayEntry => ({
      name,
      type: array instanceof Float64Array ? 'float64' : array instanceof Float32Array ? 'float32' : 'int32',
      length: array.length,
    }),
  );
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + byteLength(entry), 0));
  let offset = 0;
  for (const array of Object.values(arrays)) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += array.byteLength;
  }
  const header: Header = {format: FORMAT, kind, version, config, arrays: entries, checksum: checksum(bytes)};
  return {
    modelTopology: header,
    format: FORMAT,
    weightSpecs: entries.map((entry) => ({
      name: entry.name,
      dtype: entry.type === 'float32' ? 'float32' : 'int32',
      shape: [byteLength(entry) / 4],
    })),
    weightData: bytes.buffer,
  };
}

/** Reads what {@link toArtifacts} made. Throws `FormatError` where it is something else, truncated or damaged. */
export function fromArtifacts(artifacts: io.ModelArtifacts, caller: string): SavedPosterior {
  const header = artifacts.modelTopology as Header | undefined;
  if (header?.format !== FORMAT) {
    throw new FormatError(
      `${caller}: expected a saved posterior, got ${artifacts.format ?? 'another file'}. ` +
        'Models are loaded with tf.loadLayersModel, posteriors with loadPosterior.',
    );
  }
  const bytes = joinBytes(artifacts.weightData);
  const expected = header.arrays.reduce((sum, entry) => sum + byteLength(entry), 0);
  if (bytes.length !== expected) {
    throw new FormatError(
      `${caller}: expected ${expected} bytes of arrays, got ${bytes.length}. The file is truncated: save it again.`,
    );
  }
  if (checksum(bytes) !== header.checksum) {
    throw new FormatError(
      `${caller}: expected checksum ${header.checksum}, got another. The file is damaged: save it again.`,
    );
  }
  let offset = 0;
  const arrays = Object.fromEntries(
    header.arrays.map((entry) => {
      const slice = bytes.slice(offset, (offset += byteLength(entry)));
      return [entry.name, new ARRAY_TYPES[entry.type](slice.buffer)];
    }),
  );
  return {kind: header.kind, version: header.version, config: header.config, arrays};
}

function byteLength({type, length}: ArrayEntry): number {
  return length * ARRAY_TYPES[type].BYTES_PER_ELEMENT;
}

function joinBytes(data: io.WeightData | undefined): Uint8Array {
  const buffers = data === undefined ? [] : Array.isArray(data) ? data : [data];
  const bytes = new Uint8Array(buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0));
  let offset = 0;
  for (const buffer of buffers) {
    bytes.set(new Uint8Array(buffer), offset);
    offset += buffer.byteLength;
  }
  return bytes;
}

/** 32-bit FNV-1a (Fowler, Noll and Vo). */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
