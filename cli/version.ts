import {readFile} from 'node:fs/promises';
import {z} from 'zod';

const schema = z.object({name: z.literal('tfjs-bayes'), version: z.string()});

/** The version in this package's package.json, which lies above the sources and above what is built from them. */
export async function packageVersion(): Promise<string> {
  for (const place of ['../package.json', '../../package.json']) {
    const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => undefined);
    const read = text === undefined ? undefined : schema.safeParse(JSON.parse(text));
    if (read?.success) return read.data.version;
  }
  return 'unknown';
}
