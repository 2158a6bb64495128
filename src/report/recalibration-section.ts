import type {Evaluation} from '../evaluation/index.ts';
import {bestPositions, formatScore, scoreInfo} from '../evaluation/score-info.ts';
import {html, nothing, type SafeHtml} from './html.ts';

/** The scores before and after recalibration. */
export function recalibrationSection(evaluations: readonly Evaluation[]): SafeHtml {
  const tables = evaluations.flatMap(({name, test, recalibrated}) => {
    if (recalibrated === undefined) return [];
    const after = recalibrated.test.scores as unknown as {readonly [score: string]: number | undefined};
    const rows = Object.entries(test.scores as unknown as {readonly [score: string]: number}).flatMap(
      ([score, value]) => {
        const other = after[score];
        if (other === undefined) return [];
        const best = bestPositions(score, [value, other]);
        const cell = (text: string, i: number): SafeHtml =>
          best.includes(i)
            ? html`<td class="best">${text}<span class="unseen"> (better)</span></td>`
            : html`<td>${text}</td>`;
        return [
          html`<tr><th scope="row">${scoreInfo(score).label}</th>${cell(formatScore(score, value), 0)}${cell(formatScore(score, other), 1)}</tr>\n`,
        ];
      },
    );
    return [
      html`<h3>${name}: ${recalibrated.method}</h3>
<div class="scroll"><table><caption class="unseen">${name} before and after recalibration</caption>
<thead><tr><th scope="col">Score</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
`,
    ];
  });
  if (tables.length === 0) return nothing;
  return html`<section><h2>What does recalibration bring?</h2>
<p>The recalibration was fitted on rows that are not in the test set. It changes how sure the model is, rarely what it predicts.</p>
${tables}</section>
`;
}
