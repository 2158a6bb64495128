import type {OnRead} from './read/batch.ts';

/** Where the command writes to. */
export interface Output {
  /** Results. */
  readonly print: (text: string) => void;
  /** Messages about what went wrong. */
  readonly complain: (text: string) => void;
  /** Shows how far long work is, over what it showed before; an empty text clears it. Default: nothing is shown. */
  readonly show?: (text: string) => void;
}

/** What commands write with. */
export interface Io {
  readonly print: (text: string) => void;
  /** Something that the user should know, though the work goes on. */
  readonly warn: (text: string) => void;
  /** Shows how far the named work is, a few times per second at most. */
  readonly progress: (what: string, done: number, of?: number) => void;
  /** Shows how much of the file has been read. */
  readonly readingOf: (path: string) => OnRead;
}

const INTERVAL = 100;

/** Writes for commands; {@link Io.print} clears what shows progress first. */
export function ioOf({print, complain, show = () => undefined}: Output): Io {
  let shown = false;
  let last = 0;
  const clear = (): void => {
    if (shown) show('');
    shown = false;
  };
  const progress = (what: string, done: number, of = 1): void => {
    const now = Date.now();
    if (now - last < INTERVAL) return;
    last = now;
    shown = true;
    show(`${what} ${Math.floor((100 * done) / of)}%`);
  };
  return {
    print: (text) => {
      clear();
      print(text);
    },
    warn: (text) => {
      clear();
      complain(text);
    },
    progress,
    readingOf: (path) => (share) => progress(`reading ${path}`, share),
  };
}
