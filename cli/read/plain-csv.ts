const [TAB, LF, CR, SPACE, COMMA, MINUS, POINT, ZERO, NINE] = [9, 10, 13, 32, 44, 45, 46, 48, 57];

/** Powers of ten that float64 holds exactly. */
const powers = Array.from({length: 23}, (_, k) => 10 ** k);

/** Most digits of an integer that float64 holds whatever they are. */
const DIGITS = 15;

/** Is given what the caller wants to know of each cell. */
export interface CellSink {
  /** A cell that is a plain decimal number. */
  readonly number: (row: number, column: number, value: number) => void;
  /** Any other cell. */
  readonly text: (row: number, column: number, cell: string, line: number) => void;
  /** The end of a line that is not blank, with how many cells it has; `line` counts from 0. */
  readonly end: (row: number, cells: number, line: number) => void;
}

/**
 * Reads lines without quotes cell by cell; returns the number of lines.
 *
 * Numbers of up to 15 digits are an integer divided by a power of ten that are both exact, so that one rounding gives the float64
 * nearest to the text, as `Number` does (Clinger 1990), without making a string of each.
 */
export function readPlainLines(text: string, sink: CellSink): number {
  let line = 0;
  let row = 0;
  for (let start = 0; start < text.length; line++) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const stop = text.charCodeAt(end - 1) === CR && end > start ? end - 1 : end;
    if (!isBlank(text, start, stop)) {
      sink.end(row, readLine(text, start, stop, row, line, sink), line);
      row++;
    }
    start = end + 1;
  }
  return line;
}

function isBlank(text: string, start: number, stop: number): boolean {
  for (let at = start; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== TAB) return code === LF;
  }
  return true;
}

/** Reads one line; returns the number of its cells. */
function readLine(text: string, start: number, stop: number, row: number, line: number, sink: CellSink): number {
  let column = 0;
  for (let at = start; at <= stop; column++) {
    const from = at;
    const negative = text.charCodeAt(at) === MINUS;
    if (negative) at++;
    const first = at;
    let mantissa = 0;
    let point = -1;
    for (; at < stop; at++) {
      const code = text.charCodeAt(at);
      if (code >= ZERO && code <= NINE) mantissa = mantissa * 10 + code - ZERO;
      else if (code === POINT && point < 0) point = at;
      else break;
    }
    const digits = at - first - (point < 0 ? 0 : 1);
    if ((at === stop || text.charCodeAt(at) === COMMA) && digits > 0 && digits <= DIGITS) {
      const value = point < 0 ? mantissa : mantissa / (powers[at - point - 1] as number);
      sink.number(row, column, negative ? -value : value);
    } else {
      const comma = text.indexOf(',', at);
      at = comma < 0 || comma > stop ? stop : comma;
      sink.text(row, column, text.slice(from, at), line);
    }
    at++;
  }
  return column;
}
