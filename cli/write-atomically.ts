import {copyFile, mkdir, rename, rm, rmdir, stat, writeFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {ConfigError} from '../src/errors.ts';

interface Target {
  readonly place: string;
  readonly temporary: string;
  readonly backup: string;
  readonly content: string;
}

/**
 * Writes files into a folder, which is made where it is missing: all of them or none.
 *
 * Every file is first written beside its place under another name; only when all are written are they renamed. Where one
 * cannot be written or renamed, those that were replaced get their old content back, and nothing new stays. A crash between
 * two renamings can leave some files new and others old, but never half of one.
 *
 * @param folder Where to.
 * @param files Contents by name.
 * @param option The option that named the folder, for messages.
 * @throws ConfigError where the folder or a file in it cannot be written.
 */
export async function writeAtomically(
  folder: string,
  files: {readonly [name: string]: string},
  option = '--out',
): Promise<void> {
  const targets = Object.entries(files).map(
    ([name, content]): Target => ({
      place: join(folder, name),
      temporary: join(folder, `.${name}.${process.pid}.tmp`),
      backup: join(folder, `.${name}.${process.pid}.old`),
      content,
    }),
  );
  const made: string[] = [];
  try {
    await makeFolder(folder, made);
    for (const {place} of targets) await checkNoFolder(place, option);
    for (const {temporary, content} of targets) await writeFile(temporary, content);
    await replaceAll(targets);
  } catch (cause) {
    for (const {temporary} of targets) await rm(temporary, {force: true}).catch(() => undefined);
    for (const path of made.toReversed()) await rmdir(path).catch(() => undefined);
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      `${option}: expected a folder that can be written, got ${folder} (${describe(cause)}). Choose another.`,
      {cause},
    );
  }
}

/** Makes a folder and those above it one by one, since Node's own way never returns where the system forbids it with ENOENT. */
async function makeFolder(folder: string, made: string[]): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); path !== dirname(path) && !(await exists(path)); path = dirname(path)) {
    missing.unshift(path);
  }
  for (const path of missing) {
    await mkdir(path);
    made.push(path);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreAbsence)) !== undefined;
}

async function checkNoFolder(place: string, option: string): Promise<void> {
  const found = await stat(place).catch(ignoreAbsence);
  if (!found?.isDirectory()) return;
  throw new ConfigError(
    `${option}: expected a file or nothing at ${place}, got a folder. Move it or choose another ${option}.`,
  );
}

/** Renames the temporary files into their places; where one of them fails, all get back what they held. */
async function replaceAll(targets: readonly Target[]): Promise<void> {
  const replaced: Array<{readonly target: Target; readonly held: boolean}> = [];
  try {
    for (const target of targets) {
      const held = await exists(target.place);
      if (held) await copyFile(target.place, target.backup);
      await rename(target.temporary, target.place);
      replaced.push({target, held});
    }
  } catch (error) {
    for (const {target, held} of replaced) await (held ? rename(target.backup, target.place) : rm(target.place));
    await removeBackups(targets);
    throw error;
  }
  await removeBackups(targets);
}

/** Not called where an old file could not be put back: its backup is then all that is left of it. */
async function removeBackups(targets: readonly Target[]): Promise<void> {
  for (const {backup} of targets) await rm(backup, {force: true}).catch(() => undefined);
}

function ignoreAbsence(error: unknown): undefined {
  const code = codeOf(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

function describe(cause: unknown): string {
  const reasons: {readonly [code: string]: string} = {
    ENOENT: 'nothing can be made there',
    ENOTDIR: 'part of the path is a file',
    EACCES: 'no permission',
    EROFS: 'a file system that is read-only',
    ENOSPC: 'the disk is full',
  };
  return reasons[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
