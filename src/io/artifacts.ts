import type {io} from '@tensorflow/tfjs-core';
import {FormatError} from '../errors.ts';
import {
  ARRAY_TYPES,
  type ArrayEntry,
  byteLength,
  type Contents,
  checkedHeader,
  checksumOf,
  FORMAT,
  type Header,
  type Json,
} from './header.ts';

/** A posterior as it is saved: JSON and named arrays, bit for bit. */
export interface SavedPosterior {
  /** Which loader reads it, beginning with the entry that brings it: `laplace`, `layers/vbll`. */
  readonly kind: string;
  /** Version of the kind's own format, from 1. */
  readonly version: number;
  /** Everything that is no array. */
  readonly config: {readonly [key: string]: Json};
  /** The arrays, by name. */
  readonly arrays: Readonly<Record<string, Float64Array | Float32Array | Int32Array>>;
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
  const contents: Contents = {format: FORMAT, kind, version, config, arrays: entries};
  const header: Header = {...contents, checksum: checksumOf(contents, bytes)};
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
  const topology = artifacts.modelTopology as Partial<Header> | null | undefined;
  if (topology?.format !== FORMAT) {
    throw new FormatError(
      `${caller}: expected a saved posterior, got ${artifacts.format ?? 'another file'}. ` +
        'Models are loaded with tf.loadLayersModel, posteriors with loadPosterior.',
    );
  }
  const {checksum, ...contents} = checkedHeader(topology, caller);
  const bytes = joinBytes(artifacts.weightData);
  const expected = contents.arrays.reduce((sum, entry) => sum + byteLength(entry), 0);
  if (bytes.length !== expected) {
    throw new FormatError(
      `${caller}: expected ${expected} bytes of arrays, got ${bytes.length}. The file is truncated: save it again.`,
    );
  }
  if (checksumOf(contents, bytes) !== checksum) {
    throw new FormatError(`${caller}: expected checksum ${checksum}, got another. The file is damaged: save it again.`);
  }
  let offset = 0;
  const arrays = Object.fromEntries(
    contents.arrays.map((entry) => {
      const slice = bytes.slice(offset, (offset += byteLength(entry)));
      return [entry.name, new ARRAY_TYPES[entry.type](slice.buffer)];
    }),
  );
  return {kind: contents.kind, version: contents.version, config: contents.config, arrays};
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
