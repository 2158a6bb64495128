import * as tf from '@tensorflow/tfjs-core';
import {crc32} from '../../src/data/crc32.ts';
import {ConfigError, FormatError} from '../../src/errors.ts';
import type {Rng} from '../../src/random/index.ts';
import type {DatasetOutcome} from './dataset-outcome.ts';
import type {DataSets} from './simulator.ts';

const FORMAT = 'tfjs-bayes amortized workflow 1';

/** The first line of a file of outcomes: which run it belongs to. */
export interface OutcomeHeader {
  readonly format: string;
  /** The settings of the workflow. */
  readonly settings: string;
  /** State of the random stream, and a checksum of the data sets. */
  readonly run: string;
}

/** Outcomes in a file, one JSON line each, appended as they come; a later line of a data set takes the place of an earlier. */
export class OutcomeFile {
  readonly #path: string;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Opens a file or begins one, and reads what it holds. Where `retry` is set, its settings may be others. */
  static async open(
    path: string,
    header: OutcomeHeader,
    retry: boolean,
  ): Promise<{file: OutcomeFile; found: DatasetOutcome[]}> {
    const {writeFile, truncate} = fileSystem('run', path);
    const file = new OutcomeFile(path);
    const text = (await readText('run', path)) ?? '';
    const [first, ...lines] = wholeLines(text);
    if (first === undefined) {
      const begun = `${JSON.stringify(header)}\n`;
      if (!begun.startsWith(text)) throw otherFile('run', path); // not the rest of a first line that was cut off
      await writeFile(path, begun);
      return {file, found: []};
    }
    checkHeader(first, header, path, retry);
    await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    return {file, found: lines.map((line) => parse('run', line, path))};
  }

  /** Writes outcomes at the end, one call after another. */
  append(outcomes: readonly DatasetOutcome[]): Promise<void> {
    const text = outcomes.map((outcome) => `${stringify(outcome)}\n`).join('');
    this.#written = this.#written.then(() => fileSystem('run', this.#path).appendFile(this.#path, text));
    return this.#written;
  }
}

/**
 * The outcomes that a run wrote to its `file`, by index: of a run that was stopped, those that it came to.
 *
 * @param path the file.
 *
 * @throws ConfigError if there is no file; FormatError if it is something else.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import {initBackend} from 'tfjs-bayes';
 * import {readOutcomes} from 'tfjs-bayes/inference';
 * await initBackend({prefer: 'cpu'});
 * const outcomes = await readOutcomes('outcomes.jsonl').catch(() => []);   // of workflow.run(data, {file: 'outcomes.jsonl'})
 * console.log(outcomes.filter(({status}) => status === 'needs-review').map(({index}) => index));
 * ```
 */
export async function readOutcomes(path: string): Promise<DatasetOutcome[]> {
  const text = await readText('readOutcomes', path);
  if (text === undefined)
    throw new ConfigError(`readOutcomes: expected a file at '${path}', got none. Check the path.`);
  const [first = '', ...lines] = wholeLines(text);
  checkFormat('readOutcomes', first, path);
  const latest = new Map(
    lines.map((line) => parse('readOutcomes', line, path)).map((outcome) => [outcome.index, outcome]),
  );
  return [...latest.values()].sort((a, b) => a.index - b.index);
}

/** The header of a run on these data sets. */
export async function outcomeHeader(settings: string, rng: Rng, dataSets: DataSets): Promise<OutcomeHeader> {
  const tensors = dataSets instanceof tf.Tensor ? {data: dataSets} : dataSets;
  const sums: string[] = [];
  for (const [name, tensor] of Object.entries(tensors)) {
    const {buffer, byteOffset, byteLength} = await tensor.data();
    sums.push(`${name} [${tensor.shape}] ${crc32(new Uint8Array(buffer, byteOffset, byteLength))}`);
  }
  return {format: FORMAT, settings, run: `stream ${rng.fork('workflow').getState()}; ${sums.join('; ')}`};
}

function checkHeader(line: string, header: OutcomeHeader, path: string, retry: boolean): void {
  const found = checkFormat('run', line, path);
  if (found.run !== header.run) {
    throw new ConfigError(
      `run: expected '${path}' to hold outcomes of these data sets and this seed, got those of others. Choose another place.`,
    );
  }
  if (found.settings === header.settings || retry) return;
  throw new ConfigError(
    `run: expected '${path}' to hold outcomes of a workflow with the options ${header.settings}, got ${found.settings}. ` +
      'Choose another place, or pass retry to do anew what was not accepted.',
  );
}

function checkFormat(caller: string, line: string, path: string): Partial<OutcomeHeader> {
  const found = parseLine(caller, line, path) as Partial<OutcomeHeader>;
  if (found.format === FORMAT) return found;
  throw otherFile(caller, path);
}

function otherFile(caller: string, path: string): FormatError {
  return new FormatError(
    `${caller}: expected the outcomes of a workflow at '${path}', got another file. Choose another place.`,
  );
}

/** The text of a file, or nothing where there is no file. */
async function readText(caller: string, path: string): Promise<string | undefined> {
  return fileSystem(caller, path)
    .readFile(path, 'utf8')
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new ConfigError(`${caller}: expected a file at '${path}', got ${error.code}. Choose another place.`, {
        cause: error,
      });
    });
}

/** All lines but half a one at the end, which a run that was killed may have left. */
function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

/** Typed arrays travel as base64, numbers that are not finite as words. */
function stringify({draws, logWeights, ...rest}: DatasetOutcome): string {
  const arrays = {draws: encode(draws), ...(logWeights && {logWeights: encode(logWeights)})};
  return JSON.stringify({...rest, ...arrays}, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

function parse(caller: string, line: string, path: string): DatasetOutcome {
  const {draws, logWeights, diagnostics, ...rest} = parseLine(caller, line, path) as Omit<
    DatasetOutcome,
    'draws' | 'logWeights'
  > & {readonly draws: string; readonly logWeights?: string};
  return {
    ...rest,
    draws: new Float32Array(decode(draws)),
    ...(logWeights === undefined ? {} : {logWeights: new Float64Array(decode(logWeights))}),
    diagnostics: Object.fromEntries(
      Object.entries(diagnostics).map(([name, value]) => [name, typeof value === 'string' ? Number(value) : value]),
    ) as unknown as DatasetOutcome['diagnostics'],
  };
}

function parseLine(caller: string, line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new FormatError(`${caller}: expected JSON lines at '${path}', got another file. Choose another place.`, {
      cause,
    });
  }
}

function encode({buffer, byteOffset, byteLength}: Float32Array | Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function decode(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}

function fileSystem(caller: string, path: string): typeof import('node:fs/promises') {
  const found = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (found !== undefined) return found;
  throw new ConfigError(
    `${caller}: expected to run in Node 20.16 or newer for a file '${path}', got another environment. Leave file out.`,
  );
}
