import type {RegressionEvaluation} from '../evaluation/index.ts';
import {formatScore} from '../evaluation/score-info.ts';
import {fanPlot} from './fan-plot.ts';
import {histogramPlot} from './histogram-plot.ts';
import type {SafeHtml} from './html.ts';
import {linePlot} from './line-plot.ts';
import {modelKey, modelKeys} from './model-key.ts';
import {seriesColour} from './palette.ts';
import {predictedActualPlot} from './predicted-actual-plot.ts';
import {section} from './section.ts';
import {sparsificationSection} from './sparsification-section.ts';

/** Interval calibration, probability integral transforms and predictions against targets. */
export async function regressionSections(evaluations: readonly RegressionEvaluation[]): Promise<SafeHtml[]> {
  const names = evaluations.map(({name}) => name);
  const title = (name: string, i: number): string | SafeHtml => (evaluations.length > 1 ? modelKey(name, i) : name);
  const lines = evaluations.map(({test}, series) => ({
    series,
    x: test.intervalCalibration.nominal,
    y: test.intervalCalibration.observed,
  }));
  const calibration = await linePlot(lines, {
    xTitle: 'Share promised',
    yTitle: 'Share held',
    xFormat: '%',
    yFormat: '%',
    diagonal: true,
    size: [232, 232],
    label: `Calibration of the central intervals of ${names.join(', ')}`,
  });
  const pits = await Promise.all(
    evaluations.map(async ({name, test}, i) => ({
      title: title(name, i),
      svg: await histogramPlot(test.pit.edges, [{counts: test.pit.counts, colour: seriesColour(i)}], {
        xTitle: 'Quantile of the target',
        reference: 1 / test.pit.counts.length,
        label: `Histogram of the probability integral transform of ${name}`,
      }),
    })),
  );
  const pictures = await Promise.all(
    evaluations.map(async ({name, test}, i) => ({
      title: title(name, i),
      detail: `Root mean squared error ${formatScore('rootMeanSquaredError', test.scores.rootMeanSquaredError)}`,
      svg: await predictedActualPlot(test.sample, seriesColour(i), `Predictions of ${name} against targets`),
    })),
  );
  const fans = await Promise.all(
    evaluations.flatMap(({name, test}, i) =>
      test.fan === undefined || test.fan.length < 2
        ? []
        : [
            fanPlot(test.fan, seriesColour(i), `Central 50% and 90% intervals of ${name}, by predicted mean`).then(
              (svg) => ({title: title(name, i), detail: 'dark: 50%, light: 90%, dots: targets', svg}),
            ),
          ],
    ),
  );
  return [
    section(
      'Do the intervals hold what they promise?',
      'On the dashed line they do: 90% intervals hold 90% of the targets. Under the line intervals are too narrow and ' +
        'the model is too sure; above it they are wider than need be.',
      [{title: 'Calibration of intervals', svg: calibration}],
      {before: modelKeys(names)},
    ),
    section(
      'Where do targets fall in their predictions?',
      'At 0 the target lies far below its prediction, at 1 far above. Flat along the dashed line is right. High at both ' +
        'ends: too sure. A hill in the middle: not sure enough. A slope: predictions are off to one side.',
      pits,
    ),
    section(
      'Predictions against targets',
      'On the dashed line the prediction is right; each bar reaches two standard deviations to either side.',
      pictures,
    ),
    section(
      'How wide are its intervals, and where?',
      'Predictions from the smallest to the largest mean, with their central intervals. Where the model has reason to be less ' +
        'sure the fan should open; about one dot in ten lies outside the light band if it is right.',
      fans,
      {wide: true},
    ),
    await sparsificationSection(evaluations),
  ];
}
