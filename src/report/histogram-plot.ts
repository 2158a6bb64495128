import type {TopLevelSpec} from 'vega-lite';
import {colour} from './palette.ts';
import {renderSvg} from './svg.ts';

/** One layer of a histogram plot. */
export interface PlotHistogram {
  /** Values per bin. */
  readonly counts: readonly number[];
  /** Colour of the bars. */
  readonly colour: string;
}

/** What a histogram plot looks like. */
export interface HistogramPlotOptions {
  /** Title of the horizontal axis. */
  readonly xTitle: string;
  /** The plot in words, for readers who do not see it. */
  readonly label: string;
  /** A share at which a dashed line is drawn: what every bar would be if all were alike. */
  readonly reference?: number;
  /** Width and height in pixels. Default [244, 150]. */
  readonly size?: readonly [number, number];
}

/** Draws histograms of shares over the same bins, one over the other. */
export function histogramPlot(
  edges: readonly number[],
  layers: readonly PlotHistogram[],
  {xTitle, label, reference, size = [244, 150]}: HistogramPlotOptions,
): Promise<string> {
  const first = edges[0] ?? 0;
  const last = edges[edges.length - 1] ?? 1;
  const x = {
    field: 'lower',
    bin: {binned: true},
    title: xTitle,
    scale: {domain: [first, last], nice: false},
    axis: {grid: false, tickCount: 5},
  };
  const y = {
    field: 'share',
    type: 'quantitative' as const,
    title: 'Share',
    stack: null,
    axis: {format: '%', tickCount: 4},
  };
  const line = {
    data: {values: [{share: reference ?? 0}]},
    mark: {type: 'rule' as const, color: colour('ink'), strokeDash: [4, 3], strokeWidth: 1.25},
    encoding: {y},
  };
  const spec: TopLevelSpec = {
    width: size[0],
    height: size[1],
    layer: [
      ...layers.map(({counts, colour: fill}) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        const bars = counts.map((count, i) => ({
          lower: edges[i] ?? first,
          upper: edges[i + 1] ?? last,
          share: total === 0 ? 0 : count / total,
        }));
        return {
          data: {values: bars},
          mark: {type: 'bar' as const, color: fill, opacity: layers.length > 1 ? 0.55 : 0.8, binSpacing: 1},
          encoding: {x, x2: {field: 'upper'}, y},
        };
      }),
      ...(reference === undefined ? [] : [line]),
    ],
  };
  return renderSvg(spec, label);
}
