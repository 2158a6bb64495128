import type {ClassificationEvaluation} from '../evaluation/index.ts';
import {formatScore} from '../evaluation/score-info.ts';
import type {SafeHtml} from './html.ts';
import {linePlot} from './line-plot.ts';
import {modelKey, modelKeys} from './model-key.ts';
import {seriesColour} from './palette.ts';
import {reliabilityPlot} from './reliability-plot.ts';
import {section} from './section.ts';

/** Reliability diagrams and risk-coverage curves. */
export async function classificationSections(evaluations: readonly ClassificationEvaluation[]): Promise<SafeHtml[]> {
  const reliability = await Promise.all(
    evaluations.map(async ({name, test}, i) => ({
      title: evaluations.length > 1 ? modelKey(name, i) : name,
      detail: describeCalibration(test.scores.calibrationError, test.overconfidence),
      svg: await reliabilityPlot(
        test,
        seriesColour(i),
        `Reliability diagram of ${name}: accuracy against confidence, with the histogram of confidences under it`,
      ),
    })),
  );
  const names = evaluations.map(({name}) => name);
  const curves = evaluations.map(({test}, series) => ({
    series,
    x: test.riskCoverage.coverage,
    y: test.riskCoverage.risk,
  }));
  const riskCoverage = await linePlot(curves, {
    xTitle: 'Predictions kept',
    yTitle: 'Wrong among them',
    xFormat: '%',
    yFormat: '%',
    xDomain: [0, 1],
    size: [360, 240],
    label: `Risk-coverage curves of ${names.join(', ')}`,
  });
  return [
    section(
      'Does confidence mean what it says?',
      'Predictions are grouped by stated confidence. On the dashed line the confidence is right: of those given 80%, ' +
        '80% are right. Under the line the model is more sure than right, above it less sure than it could be. ' +
        'Larger dots stand for more predictions; the bars below show how often each confidence comes up. Thin bars: where a ' +
        'dot may lie by chance (95%). Grey bars: where dots would lie if every confidence were right.',
      reliability,
    ),
    section(
      'What if the doubtful ones go to a person?',
      'From right to left, the least certain predictions are handed over; the curve shows how many of those kept are ' +
        'wrong. The faster it falls to the left, the better the model knows what it does not know.',
      [
        {
          title: 'Risk-coverage curve',
          detail: 'The height at the right end is the error rate over all.',
          svg: riskCoverage,
        },
      ],
      {wide: true, before: modelKeys(names)},
    ),
  ];
}

function describeCalibration(error: number, overconfidence: number): string {
  const side = overconfidence > 0 ? 'more sure than right' : 'less sure than right';
  const size = `${(100 * Math.abs(overconfidence)).toFixed(1)} points`;
  return `Off by ${formatScore('calibrationError', error)} on average (ECE); over all ${size} ${side}.`;
}
