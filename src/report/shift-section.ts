import type {Evaluation, ShiftResult} from '../evaluation/index.ts';
import {scoreInfo} from '../evaluation/score-info.ts';
import {dotPlot} from './dot-plot.ts';
import type {SafeHtml} from './html.ts';
import {linePlot} from './line-plot.ts';
import {modelKeys} from './model-key.ts';
import {type Plot, section} from './section.ts';

const shownScores = {
  classification: ['accuracy', 'negativeLogLikelihood', 'calibrationError'],
  regression: ['rootMeanSquaredError', 'negativeLogLikelihood', 'coverage90'],
} as const;

/** How the scores change with the shift: by level where shifts have levels, side by side where not. */
export async function shiftSection(evaluations: readonly Evaluation[]): Promise<SafeHtml> {
  const kind = evaluations[0]?.kind ?? 'classification';
  const shifts = evaluations.flatMap(allShifts);
  const byLevel = new Set(shifts.filter(({level}) => level !== undefined).map(({name}) => name));
  const plots: Plot[] = [];
  for (const name of byLevel) {
    for (const score of shownScores[kind]) plots.push(await levelPlot(evaluations, name, score));
  }
  if (shifts.some(({level}) => level === undefined)) {
    for (const score of shownScores[kind]) plots.push(await sidePlot(evaluations, score));
  }
  return section(
    'What happens when the data change?',
    'Models always get worse on data unlike those that they were trained on. A model that knows this becomes less ' +
      'sure at the same rate: its log-likelihood and its calibration suffer less than those of one that does not.',
    plots,
    {before: modelKeys(evaluations.map(({name}) => name))},
  );
}

async function levelPlot(evaluations: readonly Evaluation[], name: string, score: string): Promise<Plot> {
  const lines = evaluations.map((evaluation, series) => {
    const points = allShifts(evaluation)
      .flatMap((shift) => (shift.name === name && shift.level !== undefined ? [{...shift, level: shift.level}] : []))
      .sort((a, b) => a.level - b.level);
    return {series, x: points.map(({level}) => level), y: points.map(({scores}) => read(scores, score))};
  });
  const {label, format} = scoreInfo(score);
  const svg = await linePlot(lines, {
    xTitle: name,
    ...(format === 'percent' ? {yFormat: '%'} : {}),
    points: true,
    size: [238, 160],
    label: `${label} of each model by level of ${name}`,
  });
  return {title: label, detail: `by level of ${name}`, svg};
}

async function sidePlot(evaluations: readonly Evaluation[], score: string): Promise<Plot> {
  const {label, format} = scoreInfo(score);
  const dots = evaluations.flatMap((evaluation, series) => [
    {series, row: 'test set', value: read(evaluation.test.scores, score)},
    ...allShifts(evaluation).flatMap(({name, level, scores}) =>
      level === undefined ? [{series, row: name, value: read(scores, score)}] : [],
    ),
  ]);
  const svg = await dotPlot(dots, format === 'percent' ? '%' : '', `${label} of each model on each set`);
  return {title: label, detail: 'on each set', svg};
}

function allShifts({shifts}: Evaluation): ReadonlyArray<ShiftResult<object>> {
  return shifts;
}

function read(scores: object, name: string): number {
  return Number((scores as {[key: string]: unknown})[name]);
}
