import {comparisonTable} from '../evaluation/comparison-table.ts';
import type {Evaluation} from '../evaluation/index.ts';
import {html, nothing, type SafeHtml} from './html.ts';
import {comparisonTableHtml} from './score-table.ts';

/** All further scores, folded away. */
export function detailsSection(evaluations: readonly Evaluation[]): SafeHtml {
  const {columns, rows} = comparisonTable(evaluations, {details: true});
  const groups = [...new Set(rows.flatMap(({group}) => (group === undefined ? [] : [group])))];
  if (groups.length === 0) return nothing;
  const tables = groups.map((group) => {
    const own = rows.filter((row) => row.group === group);
    const title = `${group.charAt(0).toUpperCase()}${group.slice(1)}`;
    return html`<details><summary>${title}</summary>
${comparisonTableHtml({columns, rows: own}, title)}</details>
`;
  });
  return html`<section><h2>Further scores</h2>
${tables}</section>
`;
}
