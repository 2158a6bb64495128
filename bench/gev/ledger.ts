import {appendLine, readLines} from '../support/json-lines.ts';

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
