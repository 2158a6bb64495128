import {type ComparisonTable, compare} from '../evaluation/compare.ts';
import type {Evaluation} from '../evaluation/index.ts';
import {html, nothing, type SafeHtml} from './html.ts';
import {modelKey} from './model-key.ts';

/** The scores of all models as an HTML table with a sentence on what each means. */
export function scoreTableHtml(evaluations: readonly Evaluation[]): SafeHtml {
  const plain = evaluations.map((evaluation) => ({...evaluation, shifts: [], ood: []}) as Evaluation);
  return tableHtml(compare(plain), 'Scores on the test set');
}

/** The scores on foreign inputs as an HTML table. */
export function oodTableHtml(evaluations: readonly Evaluation[]): SafeHtml {
  const {columns, rows} = compare(evaluations);
  const names = new Set(evaluations.flatMap(({ood}) => ood.map(({name}) => name)));
  const wanted = (name: string): boolean => [...names].some((set) => name.startsWith(`${set}: `)) && isOodScore(name);
  return tableHtml({columns, rows: rows.filter(({name}) => wanted(name))}, 'Telling foreign inputs apart');
}

function isOodScore(name: string): boolean {
  return ['auroc', 'averagePrecision', 'fprAt95'].some((score) => name.endsWith(`: ${score}`));
}

function tableHtml({columns, rows}: ComparisonTable, caption: string): SafeHtml {
  const several = columns.length > 1;
  const heads = columns.map((name, i) => html`<th scope="col">${several ? modelKey(name, i) : name}</th>`);
  // On a narrow screen the head is not shown and each value stands on a line of its own beside its model.
  const beside = columns.map((name, i) =>
    several ? html`<span class="beside" aria-hidden="true">${modelKey(name, i)}</span>` : nothing,
  );
  const body = rows.map(({label, meaning, shown, best}) => {
    const cells = shown.map((text, i) =>
      best.includes(i)
        ? html`<td class="best">${beside[i] ?? nothing}<span>${text}<span class="unseen"> (best)</span></span></td>`
        : html`<td>${beside[i] ?? nothing}<span>${text}</span></td>`,
    );
    return html`<tr><th scope="row">${label}<small>${meaning}</small></th>${cells}</tr>\n`;
  });
  const legend = several
    ? html`<p class="hint"><span class="swatch">Bold</span> marks the best; scores that only describe have none.</p>`
    : nothing;
  return html`<div class="scroll"><table><caption class="unseen">${caption}</caption>
<thead><tr><th scope="col">Score</th>${heads}</tr></thead>
<tbody>
${body}</tbody></table></div>
${legend}`;
}
