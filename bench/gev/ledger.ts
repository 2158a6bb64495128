import {appendFileSync, existsSync, readFileSync, truncateSync} from 'node:fs';

/** Lines of JSON in a file, read back whole lines only: a program that was killed may have left half of one. */
export function readLines<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

export function appendLine(file: string, line: object): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** Processor seconds that this process has taken, which other work on the machine does not change. */
export function processorSeconds(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Adds up processor seconds by the part of the study, over all runs that it took. */
export class Ledger {
  readonly #file: string;
  #since = processorSeconds();

  constructor(file: string) {
    this.#file = file;
  }

  /** Forgets what passed since the last entry. */
  start(): void {
    this.#since = processorSeconds();
  }

  /** Books what passed since the last entry. */
  book(part: string): number {
    const now = processorSeconds();
    const seconds = now - this.#since;
    this.#since = now;
    appendLine(this.#file, {part, seconds});
    return seconds;
  }

  /** Seconds of a part in all. */
  total(part: string): number {
    const lines = readLines<{part: string; seconds: number}>(this.#file).filter((line) => line.part === part);
    return lines.reduce((sum, {seconds}) => sum + seconds, 0);
  }
}
