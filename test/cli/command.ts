import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {run} from '../../cli/run.ts';
import type {NpyArray} from '../../src/data/index.ts';
import {createRng} from '../../src/random/index.ts';

/** What a run of the command gave. */
export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process. */
export async function cli(...args: string[]): Promise<Result> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await run(args, {print: (text) => out.push(text), complain: (text) => err.push(text)});
  return {status, out: out.join('\n'), err: err.join('\n')};
}

/** A folder of its own for each test of the suite. */
export function temporaryFolder(): {path: string; put(name: string, content: string | Uint8Array): Promise<string>} {
  const folder = {
    path: '',
    async put(name: string, content: string | Uint8Array): Promise<string> {
      const path = join(folder.path, name);
      await writeFile(path, content);
      return path;
    },
  };
  beforeEach(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'tfjs-bayes-'));
  });
  afterEach(() => rm(folder.path, {recursive: true}));
  return folder;
}

/** An array of float64, [N] where no shape is given. */
export function array(values: ArrayLike<number>, ...shape: number[]): NpyArray {
  return {data: Float64Array.from(values), shape: shape.length === 0 ? [values.length] : shape};
}

/** Predictions of three classes by a net that is `sharpness` times too sure, as CSV. */
export function classCsv(rows: number, {sharpness = 1, seed = 0} = {}): string {
  const rng = createRng(seed);
  const [noise, uniform] = [rng.fork('noise').normals(3 * rows), rng.fork('label').uniforms(rows)];
  const lines = Array.from({length: rows}, (_, i) => {
    const f = [0, 1, 2].map((k) => noise[3 * i + k] as number);
    const p = softmax(f);
    const u = uniform[i] as number;
    const label = Number(u > (p[0] as number)) + Number(u > (p[0] as number) + (p[1] as number));
    return [...softmax(f.map((value) => sharpness * value)), label].join(',');
  });
  return `p0,p1,p2,label\n${lines.join('\n')}\n`;
}

function softmax(f: readonly number[]): number[] {
  const e = f.map(Math.exp);
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((value) => value / sum);
}

/** Gaussian predictions whose standard deviation is a third of what it should be, as CSV. */
export function numberCsv(rows: number, {factor = 3, seed = 0} = {}): string {
  const rng = createRng(seed);
  const [means, errors] = [rng.fork('mean').normals(rows), rng.fork('error').normals(rows)];
  const lines = Array.from(means, (mean, i) => [mean, 0.5, mean + factor * 0.5 * (errors[i] as number)].join(','));
  return `mean,std,target\n${lines.join('\n')}\n`;
}
