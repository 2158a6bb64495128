import type {Evaluation} from '../evaluation/index.ts';
import {html, type SafeHtml} from './html.ts';
import {modelKey} from './model-key.ts';
import {colour, seriesColour} from './palette.ts';
import {type Plot, section} from './section.ts';
import {type StackedBar, stackedBarPlot} from './stacked-bar-plot.ts';

/** What doubt is made of on each set: noise, and ignorance that more data would remove. */
export async function doubtSection(evaluations: readonly Evaluation[]): Promise<SafeHtml> {
  const plots: Plot[] = [];
  for (const [i, evaluation] of evaluations.entries()) {
    const bars = barsOf(evaluation);
    if (bars.every(({parts}) => parts[1] === 0)) continue;
    const unit = evaluation.kind === 'classification' ? 'Mean entropy (nats)' : 'Mean variance';
    const svg = await stackedBarPlot(bars, [colour('muted'), seriesColour(i)], {
      xTitle: unit,
      label: `${unit} of ${evaluation.name} on each set, noise and ignorance apart`,
    });
    const title = evaluations.length > 1 ? modelKey(evaluation.name, i) : evaluation.name;
    plots.push({title, detail: html`grey: noise (aleatoric); colour: ignorance (epistemic)`, svg});
  }
  return section(
    'What is its doubt made of?',
    'Noise lies in the data: no model could remove it. Ignorance is what more data would remove: it should be small on the ' +
      'test set and grow where inputs are shifted or foreign.',
    plots,
  );
}

function barsOf({kind, test, shifts, ood}: Evaluation): StackedBar[] {
  const suffix = kind === 'classification' ? 'Entropy' : 'Variance';
  const read = (row: string, scores: object): StackedBar[] => {
    const values = scores as {readonly [name: string]: number | undefined};
    const [noise, ignorance] = [values[`aleatoric${suffix}`], values[`epistemic${suffix}`]];
    return noise === undefined || ignorance === undefined ? [] : [{row, parts: [noise, ignorance]}];
  };
  return [
    ...read('test set', test.scores),
    ...shifts.flatMap(({name, level, scores}) => read(level === undefined ? name : `${name} ${level}`, scores)),
    ...ood.flatMap(({name, doubt}): StackedBar[] =>
      doubt === undefined ? [] : [{row: name, parts: [doubt.aleatoric, doubt.epistemic]}],
    ),
  ];
}
