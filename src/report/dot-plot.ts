import type {TopLevelSpec} from 'vega-lite';
import {seriesColour} from './palette.ts';
import {renderSvg} from './svg.ts';

/** One value of one model under one condition. */
export interface PlotDot {
  /** Which model: decides colour and shape. */
  readonly series: number;
  /** The condition, a row of the plot. */
  readonly row: string;
  /** The value. */
  readonly value: number;
}

const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross'];

/** Draws values side by side, one row per condition, in the order of the first appearance of each. */
export function dotPlot(dots: readonly PlotDot[], format: string, label: string): Promise<string> {
  const rows = [...new Set(dots.map(({row}) => row))];
  const count = Math.max(...dots.map(({series}) => series)) + 1;
  const series = Array.from({length: count}, (_, i) => i);
  const spec: TopLevelSpec = {
    width: 165,
    height: {step: 26},
    data: {values: dots.map((dot) => ({...dot}))},
    mark: {type: 'point', filled: true, size: 70, opacity: 0.9},
    encoding: {
      y: {
        field: 'row',
        type: 'nominal',
        sort: rows,
        title: null,
        axis: {grid: true, domain: false, ticks: false, labelLimit: 150},
      },
      x: {
        field: 'value',
        type: 'quantitative',
        title: null,
        scale: {zero: false, nice: true},
        axis: {format, tickCount: 5},
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: {domain: series, range: series.map(seriesColour)},
        legend: null,
      },
      shape: {
        field: 'series',
        type: 'nominal',
        scale: {domain: series, range: series.map((i) => shapes[i % shapes.length] ?? 'circle')},
        legend: null,
      },
    },
  };
  return renderSvg(spec, label);
}
