import type {Evaluation, OodScore} from '../evaluation/index.ts';
import {histogramPlot} from './histogram-plot.ts';
import {html, nothing, raw, type SafeHtml} from './html.ts';
import {linePlot} from './line-plot.ts';
import {modelKey, modelKeys} from './model-key.ts';
import {colour, seriesColour} from './palette.ts';
import {oodTableHtml} from './score-table.ts';
import {type Plot, section} from './section.ts';

/** What the score is called under the plots. */
function scoreWords(score: OodScore, kind: Evaluation['kind']): string {
  if (kind === 'regression') return score === 'epistemic' ? 'Epistemic std. deviation' : 'Standard deviation';
  if (score === 'entropy') return 'Entropy (nats)';
  return score === 'epistemic' ? 'Epistemic entropy (nats)' : 'Minus top probability';
}

/** How well doubt tells foreign inputs from test inputs: scores and histograms. */
export async function oodSection(evaluations: readonly Evaluation[]): Promise<SafeHtml> {
  const pairs = evaluations.flatMap(({name, kind, ood}, i) => ood.map((result) => ({name, kind, i, result})));
  const plots = await Promise.all(
    pairs.map(async ({name, kind, i, result}) => ({
      title: evaluations.length > 1 ? modelKey(name, i) : name,
      detail: swatches(seriesColour(i), result.name),
      svg: await histogramPlot(
        result.edges,
        [
          {counts: result.oodCounts, colour: colour('muted')},
          {counts: result.testCounts, colour: seriesColour(i)},
        ],
        {
          xTitle: scoreWords(result.score, kind),
          label: `Histograms of the score of ${name} on the test set and on ${result.name}`,
        },
      ),
    })),
  );
  const curves = await rocPlots(evaluations);
  return section(
    'Does it notice inputs that do not belong?',
    'Foreign inputs should look less certain than test inputs: the less the two histograms overlap, the better one ' +
      'threshold tells them apart. In the ROC curves, the further a line is to the upper left the better; the dashed ' +
      'line is a coin toss.',
    [...plots, ...curves],
    {
      before:
        pairs.length === 0
          ? nothing
          : html`${oodTableHtml(evaluations)}${modelKeys(evaluations.map(({name}) => name))}`,
    },
  );
}

/** One ROC curve plot for each foreign set, a line per model. */
async function rocPlots(evaluations: readonly Evaluation[]): Promise<Plot[]> {
  const sets = [...new Set(evaluations.flatMap(({ood}) => ood.map(({name}) => name)))];
  const plots: Plot[] = [];
  for (const set of sets) {
    const lines = evaluations.flatMap(({ood}, series) =>
      ood.flatMap(({name, roc}) =>
        name === set && roc !== undefined ? [{series, x: roc.falsePositiveRate, y: roc.truePositiveRate}] : [],
      ),
    );
    if (lines.length === 0) continue;
    const svg = await linePlot(lines, {
      xTitle: 'Test inputs flagged',
      yTitle: 'Foreign inputs flagged',
      xFormat: '%',
      yFormat: '%',
      diagonal: true,
      size: [232, 232],
      label: `ROC curves of ${evaluations.map(({name}) => name).join(', ')} for ${set}`,
    });
    plots.push({title: 'ROC curve', detail: set, svg});
  }
  return plots;
}

function swatches(series: string, foreign: string): SafeHtml {
  const box = (fill: string): SafeHtml => raw(`<i style="background:${fill}"></i>`);
  return html`<span class="pair"><span>${box(series)}test set</span><span>${box(colour('muted'))}${foreign}</span></span>`;
}
