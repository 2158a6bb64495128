import {mkdir, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {ConfigError} from '../src/errors.ts';

/**
 * Writes files into a folder so that each is there whole or not at all.
 *
 * Every file is first written beside its place under another name; only when all are written are they renamed. Where
 * writing fails, the temporary files are removed and what was there before stays.
 *
 * @throws ConfigError where the folder or a file in it cannot be written.
 */
export async function writeAtomically(folder: string, files: {readonly [name: string]: string}): Promise<void> {
  const pairs = Object.entries(files).map(([name, content]) => ({
    place: join(folder, name),
    temporary: join(folder, `.${name}.${process.pid}.tmp`),
    content,
  }));
  try {
    await mkdir(folder, {recursive: true});
    for (const {temporary, content} of pairs) await writeFile(temporary, content);
    for (const {temporary, place} of pairs) await rename(temporary, place);
  } catch (cause) {
    for (const {temporary} of pairs) await rm(temporary, {force: true}).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`--out: expected a folder that can be written, got ${folder} (${reason}). Choose another.`, {
      cause,
    });
  }
}
