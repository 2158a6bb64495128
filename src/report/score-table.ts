import {type ComparisonTable, comparisonTable} from '../evaluation/comparison-table.ts';
import type {Evaluation, ScoreInterval} from '../evaluation/index.ts';
import {formatScore} from '../evaluation/score-info.ts';
import {html, nothing, type SafeHtml} from './html.ts';
import {modelKey} from './model-key.ts';

/** The scores of all models as an HTML table with a sentence on what each means. */
export function scoreTableHtml(evaluations: readonly Evaluation[]): SafeHtml {
  const plain = evaluations.map((evaluation) => withoutOtherSets(evaluation));
  return comparisonTableHtml(comparisonTable(plain), 'Scores on the test set');
}

function withoutOtherSets({recalibrated: _, shiftMean: __, ...evaluation}: Evaluation): Evaluation {
  return {...evaluation, shifts: [], ood: []} as Evaluation;
}

/** The scores on foreign inputs as an HTML table. */
export function oodTableHtml(evaluations: readonly Evaluation[]): SafeHtml {
  const {columns, rows} = comparisonTable(evaluations);
  const names = new Set(evaluations.flatMap(({ood}) => ood.map(({name}) => name)));
  const wanted = (name: string): boolean => [...names].some((set) => name.startsWith(`${set}: `)) && isOodScore(name);
  return comparisonTableHtml({columns, rows: rows.filter(({name}) => wanted(name))}, 'Telling foreign inputs apart');
}

function isOodScore(name: string): boolean {
  return ['auroc', 'averagePrecision', 'fprAt95'].some((score) => name.endsWith(`: ${score}`));
}

/** A comparison as an HTML table with a sentence on what each score means. */
export function comparisonTableHtml({columns, rows}: ComparisonTable, caption: string): SafeHtml {
  const several = columns.length > 1;
  const heads = columns.map((name, i) => html`<th scope="col">${several ? modelKey(name, i) : name}</th>`);
  // On a narrow screen the head is not shown and each value stands on a line of its own beside its model.
  const beside = columns.map((name, i) =>
    several ? html`<span class="beside" aria-hidden="true">${modelKey(name, i)}</span>` : nothing,
  );
  const body = rows.map(({name, label, meaning, shown, intervals, best}) => {
    const cells = shown.map((value, i) => {
      const text = html`${value}${intervalHtml(name, intervals?.[i])}`;
      return best.includes(i)
        ? html`<td class="best">${beside[i] ?? nothing}<span>${text}<span class="unseen"> (best)</span></span></td>`
        : html`<td>${beside[i] ?? nothing}<span>${text}</span></td>`;
    });
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

/** The interval of a value, in small. */
function intervalHtml(score: string, interval: ScoreInterval | undefined): SafeHtml {
  if (interval === undefined) return nothing;
  return html`<small>${formatScore(score, interval.low)} to ${formatScore(score, interval.high)}</small>`;
}
