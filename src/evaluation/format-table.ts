import type {ComparisonTable} from './compare.ts';

/** Options of {@link formatTable}. */
export interface FormatTableOptions {
  /** `'text'`: aligned columns, best marked with a star. `'markdown'`: best in bold. Default `'text'`. */
  readonly style?: 'text' | 'markdown';
}

/**
 * Writes a comparison as aligned plain text or as a Markdown table, the best value of each row marked.
 *
 * @example
 * ```ts
 * import {compare, evaluatePredictions, formatTable} from 'tfjs-bayes';
 * const evaluation = evaluatePredictions({mean: [0, 1], std: [0.5, 0.5], targets: [0.2, 0.7]}, {name: 'net'});
 * console.log(formatTable(compare([evaluation]), {style: 'markdown'}));
 * ```
 */
export function formatTable({columns, rows}: ComparisonTable, {style = 'text'}: FormatTableOptions = {}): string {
  const markdown = style === 'markdown';
  const mark = (text: string, best: boolean): string =>
    markdown ? (best ? `**${text}**` : text) : `${text}${best ? ' *' : '  '}`;
  const clean = (text: string): string => {
    const line = text.replaceAll(/\s+/g, ' ');
    return markdown ? line.replaceAll('\\', '\\\\').replaceAll('|', '\\|') : line;
  };
  const header = ['Score', ...columns.map((name) => (markdown ? clean(name) : `${clean(name)}  `))];
  const body = rows.map(({label, shown, best}) => [
    clean(label),
    ...shown.map((text, i) => mark(text, best.includes(i))),
  ]);
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
