import type {RegressionEvaluation} from '../evaluation/index.ts';
import type {SafeHtml} from './html.ts';
import {linePlot} from './line-plot.ts';
import {modelKeys} from './model-key.ts';
import {section} from './section.ts';

/** How the error of the rest falls as doubtful predictions are removed. */
export async function sparsificationSection(evaluations: readonly RegressionEvaluation[]): Promise<SafeHtml> {
  const names = evaluations.map(({name}) => name);
  const lines = evaluations.flatMap(({test: {sparsification}}, series) => {
    if (sparsification === undefined) return [];
    const {removed, error, oracle} = sparsification;
    return [
      {series, x: removed, y: oracle, faint: true},
      {series, x: removed, y: error},
    ];
  });
  if (lines.length === 0) return section('', '', []);
  const svg = await linePlot(lines, {
    xTitle: 'Predictions removed',
    yTitle: 'Error of the rest',
    xFormat: '%',
    yFormat: '%',
    xDomain: [0, 1],
    size: [360, 240],
    label: `Sparsification curves of ${names.join(', ')}`,
  });
  return section(
    'What if the doubtful ones are left out?',
    'From left to right the predictions with the largest standard deviations are removed; the curve is the mean absolute ' +
      'error of the rest, relative to that of all. The thin line is the best that could be: the largest errors removed first.',
    [{title: 'Sparsification', svg}],
    {wide: true, before: modelKeys(names)},
  );
}
