import type {TopLevelSpec} from 'vega-lite';
import type {ClassificationTest} from '../evaluation/index.ts';
import {colour} from './palette.ts';
import {renderSvg} from './svg.ts';

/**
 * Draws accuracy against confidence, with the histogram of confidences under it on the same axis. Thin bars are bootstrap
 * intervals, the grey bars behind say where the accuracy would fall if the confidence were right.
 */
export function reliabilityPlot(test: ClassificationTest, series: string, label: string): Promise<string> {
  const share = (count: number): number => count / test.count;
  const bins = test.reliability.map(({likely, consistent, ...bin}) => ({
    ...bin,
    share: share(bin.count),
    ...(likely && {likelyLow: likely[0], likelyHigh: likely[1]}),
    ...(consistent && {consistentLow: consistent[0], consistentHigh: consistent[1]}),
  }));
  const banded = bins.some((bin) => 'likelyLow' in bin);
  const {edges, counts} = test.confidenceHistogram;
  const bars = counts.map((count, i) => ({lower: edges[i] ?? 0, upper: edges[i + 1] ?? 1, share: share(count)}));
  const unit = {domain: [0, 1], nice: false};
  const x = {field: 'confidence', type: 'quantitative' as const, scale: unit};
  const y = {field: 'accuracy', type: 'quantitative' as const, title: 'Accuracy', scale: unit};
  const hidden = {format: '%', labels: false, ticks: false, title: null, values: [0, 0.25, 0.5, 0.75, 1]};
  const percent = {format: '%', values: [0, 0.25, 0.5, 0.75, 1]};
  const spec: TopLevelSpec = {
    spacing: 12,
    resolve: {scale: {x: 'shared'}},
    vconcat: [
      {
        width: 232,
        height: 232,
        layer: [
          {
            data: {
              values: [
                {confidence: 0, accuracy: 0},
                {confidence: 1, accuracy: 1},
              ],
            },
            mark: {type: 'line' as const, color: colour('muted'), strokeDash: [3, 3], strokeWidth: 1.25},
            encoding: {x, y},
          },
          ...(banded
            ? [
                {
                  data: {values: bins},
                  mark: {type: 'rule' as const, color: colour('rule'), strokeWidth: 9},
                  encoding: {x: {...x, axis: hidden}, y: {...y, field: 'consistentLow'}, y2: {field: 'consistentHigh'}},
                },
                {
                  data: {values: bins},
                  mark: {type: 'rule' as const, color: series, strokeWidth: 1.5},
                  encoding: {x: {...x, axis: hidden}, y: {...y, field: 'likelyLow'}, y2: {field: 'likelyHigh'}},
                },
              ]
            : []),
          {
            data: {values: bins},
            mark: {type: 'line' as const, color: series, strokeWidth: 1.25, opacity: 0.6},
            encoding: {x: {...x, axis: hidden}, y},
          },
          {
            data: {values: bins},
            mark: {
              type: 'point' as const,
              filled: true,
              color: series,
              opacity: 1,
              stroke: colour('panel'),
              strokeWidth: 1,
            },
            encoding: {
              x,
              y: {...y, axis: percent},
              size: {
                field: 'share',
                type: 'quantitative' as const,
                scale: {domain: [0, 1], range: [45, 260]},
                legend: null,
              },
            },
          },
        ],
      },
      {
        width: 232,
        height: 56,
        data: {values: bars},
        mark: {type: 'bar' as const, color: series, opacity: 0.75, binSpacing: 1},
        encoding: {
          x: {field: 'lower', bin: {binned: true}, title: 'Confidence', scale: unit, axis: {...percent, grid: false}},
          x2: {field: 'upper'},
          y: {
            field: 'share',
            type: 'quantitative' as const,
            title: 'Share',
            axis: {format: '%', tickCount: 2, grid: true},
          },
        },
      },
    ],
  };
  return renderSvg(spec, label);
}
