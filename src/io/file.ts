import {io} from '@tensorflow/tfjs-core';
import {ConfigError, FormatError} from '../errors.ts';

type FileSystem = typeof import('node:fs/promises');

/** First bytes of a posterior file; then the length of its JSON header (uint32, little-endian), the header, the arrays. */
const MAGIC = new TextEncoder().encode('tfjs-bayes posterior\n\0\0\0');

/**
 * A `tf.io` handler for one file in Node. Writing is atomic: to a temporary file beside it, then renamed, so that a crash
 * leaves the old file or the new one and never half of either.
 *
 * Throws `ConfigError` outside Node and where `path` leads to no file that can be read or written, `FormatError` where the
 * file is truncated or no posterior.
 *
 * @param path where the file is.
 * @param caller what begins the messages of errors; default the function of posteriors that saves or loads.
 *
 * @example
 * ```ts
 * import {file} from 'tfjs-bayes';
 * const handler = file('posterior.bin'); // posterior.save(handler), loadPosterior(handler, {model})
 * ```
 */
export function file(path: string, caller?: string): io.IOHandler {
  const [saving, loading] = [caller ?? 'posterior.save', caller ?? 'loadPosterior'];
  return {
    save: async (artifacts) => {
      const fs = fileSystem(path);
      const header = new TextEncoder().encode(JSON.stringify(artifacts.modelTopology));
      const data = new Uint8Array(artifacts.weightData as ArrayBuffer);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, header.length, true);
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        await fs.writeFile(temporary, Buffer.concat([MAGIC, length, header, data]));
        await fs.rename(temporary, path);
      } catch (error) {
        await fs.rm(temporary, {force: true}).catch(() => undefined);
        throw fileError(error, saving, path, {
          ENOENT: 'a folder that does not exist. Create the folder first.',
          EISDIR: 'a folder. Add the name of a file.',
          ENOTDIR: 'a path that goes through a file. Choose another folder.',
          EACCES: 'a place that may not be written. Choose another folder.',
        });
      }
      return {modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts)};
    },
    load: async () => {
      const fs = fileSystem(path);
      const bytes = await fs.readFile(path).catch((error: unknown) => {
        throw fileError(error, loading, path, {
          ENOENT: 'nothing there. Check the path; it counts from the folder that the process was started in.',
          EISDIR: 'a folder. Add the name of the file.',
          ENOTDIR: 'a path that goes through a file. Check the path.',
          EACCES: 'one that may not be read. Change its permissions.',
        });
      });
      return parse(new Uint8Array(bytes), path, loading);
    },
  };
}

/** What the file system's error means for the path that the user gave. */
function fileError(cause: unknown, caller: string, path: string, meanings: {readonly [code: string]: string}): unknown {
  if (!(cause instanceof Error && 'code' in cause)) return cause;
  const meaning = meanings[String(cause.code)] ?? `the error ${cause.code}. Try another path.`;
  return new ConfigError(`${caller}: expected a file at '${path}', got ${meaning}`, {cause});
}

function parse(bytes: Uint8Array, path: string, caller: string): io.ModelArtifacts {
  if (bytes.length < MAGIC.length + 4 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError(
      `${caller}: expected a posterior file, got something else or less at ${path}. Give a file that posterior.save ` +
        'wrote; models are loaded with tf.loadLayersModel.',
    );
  }
  const start = MAGIC.length + 4;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (bytes.length < start + headerLength) {
    throw new FormatError(
      `${caller}: expected a header of ${headerLength} bytes, got ${bytes.length - start} at ${path}. ` +
        'The file is truncated: save it again.',
    );
  }
  return {
    modelTopology: parseHeader(bytes.subarray(start, start + headerLength), path, caller),
    weightData: bytes.slice(start + headerLength).buffer,
  };
}

function parseHeader(bytes: Uint8Array, path: string, caller: string): object {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (cause) {
    throw new FormatError(`${caller}: expected JSON in the header, got damaged bytes at ${path}. Save it again.`, {
      cause,
    });
  }
}

/** Asked of the process instead of imported, so that bundlers for browsers find no `node:` specifier. */
function fileSystem(path: string): FileSystem {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!fs) {
    throw new ConfigError(
      `file: expected to run in Node, got another environment for '${path}'. ` +
        "Use 'localstorage://', 'indexeddb://', 'downloads://' or a tf.io handler.",
    );
  }
  return fs;
}
