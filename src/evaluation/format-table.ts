import type {ComparisonRow, ComparisonTable} from './comparison-table.ts';
import {formatScore} from './score-info.ts';

/** Options of {@link formatTable}. */
export interface FormatTableOptions {
  /**
   * `'text'`: aligned columns, best marked with a star. `'markdown'`: best in bold. `'csv'`: one line per score and model with
   * the numbers in full, for other programs. Default `'text'`.
   */
  readonly style?: 'text' | 'markdown' | 'csv';
  /** Show the interval behind each value that has one, `0.42 [0.40, 0.44]`; csv always has it. Default false. */
  readonly intervals?: boolean;
}

/**
 * Writes a comparison as aligned plain text, as a Markdown table, the best value of each row marked, or as CSV. Groups of further
 * scores have a line with their name.
 *
 * @example
 * ```ts
 * import {compare, evaluatePredictions, formatTable} from 'tfjs-bayes';
 * const evaluation = evaluatePredictions({mean: [0, 1], std: [0.5, 0.5], targets: [0.2, 0.7]}, {name: 'net'});
 * console.log(formatTable(compare([evaluation]), {style: 'markdown'}));
 * ```
 */
export function formatTable(table: ComparisonTable, options: FormatTableOptions = {}): string {
  const {columns, rows} = table;
  const {style = 'text', intervals = false} = options;
  if (style === 'csv') return csv(table);
  const markdown = style === 'markdown';
  const mark = (text: string, best: boolean): string =>
    markdown ? (best ? `**${text}**` : text) : `${text}${best ? ' *' : '  '}`;
  const clean = (text: string): string => {
    const line = text.replaceAll(/\s+/g, ' ');
    return markdown ? line.replaceAll('\\', '\\\\').replaceAll('|', '\\|') : line;
  };
  const header = ['Score', ...columns.map((name) => (markdown ? clean(name) : `${clean(name)}  `))];
  const body = rows.flatMap((row, r) => {
    const {label, shown, best, group} = row;
    const cells = shown.map((text, i) => mark(intervals ? withInterval(row, text, i) : text, best.includes(i)));
    const line = [clean(label), ...cells];
    if (group === undefined || group === rows[r - 1]?.group) return [line];
    return [[markdown ? `*${clean(group)}*` : `- ${clean(group)} -`, ...columns.map(() => '')], line];
  });
  const widths = header.map((_, j) => Math.max(...[header, ...body].map((line) => line[j]?.length ?? 0)));
  const align = (line: readonly string[]): string[] =>
    line.map((cell, j) => (j === 0 ? cell.padEnd(widths[j] ?? 0) : cell.padStart(widths[j] ?? 0)));
  if (!markdown) {
    const rule = widths.map((width) => '-'.repeat(width));
    return [header, rule, ...body].map((line) => align(line).join('  ').trimEnd()).join('\n');
  }
  const rule = widths.map((width, j) => (j === 0 ? '-'.repeat(width) : `${'-'.repeat(Math.max(width - 1, 1))}:`));
  return [align(header), rule, ...body.map(align)].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function withInterval({name, intervals}: ComparisonRow, text: string, i: number): string {
  const interval = intervals?.[i];
  if (interval === undefined) return text;
  const score = name.slice(name.lastIndexOf(': ') < 0 ? 0 : name.lastIndexOf(': ') + 2);
  return `${text} [${formatScore(score, interval.low)}, ${formatScore(score, interval.high)}]`;
}

/** The long form: model, group, score, value, low, high. */
function csv({columns, rows}: ComparisonTable): string {
  // A cell that a spreadsheet would take for a formula gets an apostrophe.
  const quote = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const number = (value: number | undefined): string => (value === undefined ? '' : String(value));
  const lines = rows.flatMap(({name, group, values, intervals}) =>
    values.map((value, i) =>
      [
        quote(columns[i] ?? ''),
        quote(group ?? ''),
        quote(name),
        number(value),
        number(intervals?.[i]?.low),
        number(intervals?.[i]?.high),
      ].join(','),
    ),
  );
  return ['model,group,score,value,low,high', ...lines].join('\n');
}
