import type {TopLevelSpec} from 'vega-lite';
import {renderSvg} from './svg.ts';

/** One bar of two parts. */
export interface StackedBar {
  /** What it stands for, a row of the plot. */
  readonly row: string;
  /** The lengths of the left and of the right part. */
  readonly parts: readonly [left: number, right: number];
}

/** Draws horizontal bars, one row each in the order given, the parts in two colours. */
export function stackedBarPlot(
  bars: readonly StackedBar[],
  colours: readonly [left: string, right: string],
  {xTitle, label}: {readonly xTitle: string; readonly label: string},
): Promise<string> {
  const values = bars.flatMap(({row, parts}) => parts.map((length, part) => ({row, part, length})));
  const spec: TopLevelSpec = {
    width: 190,
    height: {step: 24},
    data: {values},
    mark: {type: 'bar'},
    encoding: {
      y: {
        field: 'row',
        type: 'nominal',
        sort: bars.map(({row}) => row),
        title: null,
        axis: {domain: false, ticks: false, labelLimit: 140},
      },
      x: {field: 'length', type: 'quantitative', title: xTitle, axis: {tickCount: 4}},
      color: {field: 'part', type: 'nominal', scale: {domain: [0, 1], range: [...colours]}, legend: null},
      order: {field: 'part', type: 'quantitative'},
    },
  };
  return renderSvg(spec, label);
}
