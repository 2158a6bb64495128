import type {TopLevelSpec} from 'vega-lite';
import {colour, seriesColour, seriesDash} from './palette.ts';
import {renderSvg} from './svg.ts';

/** One line of a plot. */
export interface PlotLine {
  /** Which model: decides colour and dash. */
  readonly series: number;
  /** Horizontal positions. */
  readonly x: readonly number[];
  /** Vertical positions. */
  readonly y: readonly number[];
  /** A thin line for comparison, such as the best that could be. Default false. */
  readonly faint?: boolean;
}

/** What a line plot looks like. */
export interface LinePlotOptions {
  /** Title of the horizontal axis. */
  readonly xTitle: string;
  /** Title of the vertical axis. Default: none, where the heading of the plot says it. */
  readonly yTitle?: string;
  /** The plot in words, for readers who do not see it. */
  readonly label: string;
  /** Number format of the axes as d3 writes it, `'%'` for percentages. Default: as Vega chooses. */
  readonly xFormat?: string;
  /** The same for the vertical axis. */
  readonly yFormat?: string;
  /** Range of both axes 0 to 1 and the diagonal drawn: where nominal and observed agree. Default false. */
  readonly diagonal?: boolean;
  /** Range of the horizontal axis. Default: that of the data. */
  readonly xDomain?: readonly [number, number];
  /** Marks each point. Default false. */
  readonly points?: boolean;
  /** Width and height in pixels. Default [340, 240]. */
  readonly size?: readonly [number, number];
}

/** Draws one line per model; lines of many models go into one picture. */
export function linePlot(lines: readonly PlotLine[], options: LinePlotOptions): Promise<string> {
  const {xTitle, yTitle, label, xFormat, yFormat, diagonal = false, points = false, size = [340, 240]} = options;
  const unit = {domain: [0, 1], nice: false};
  const xScale = diagonal ? unit : options.xDomain ? {domain: [...options.xDomain], nice: false} : {zero: false};
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: xTitle,
    scale: xScale,
    axis: {grid: diagonal, tickCount: 5, ...(xFormat === undefined ? {} : {format: xFormat})},
  };
  const y = {
    field: 'y',
    type: 'quantitative' as const,
    title: yTitle ?? null,
    scale: diagonal ? unit : {zero: yFormat === '%', nice: true},
    axis: {tickCount: 5, ...(yFormat === undefined ? {} : {format: yFormat})},
  };
  const reference = {
    data: {
      values: [
        {x: 0, y: 0},
        {x: 1, y: 1},
      ],
    },
    mark: {type: 'line' as const, color: colour('muted'), strokeDash: [3, 3], strokeWidth: 1.25},
    encoding: {x, y},
  };
  const spec: TopLevelSpec = {
    width: size[0],
    height: size[1],
    layer: [
      ...(diagonal ? [reference] : []),
      ...lines.map(({series, x: xs, y: ys, faint = false}) => ({
        data: {values: xs.map((value, i) => ({x: value, y: ys[i] ?? null}))},
        mark: {
          type: 'line' as const,
          color: seriesColour(series),
          strokeDash: [...seriesDash(series)],
          ...(faint && {strokeWidth: 1, opacity: 0.55}),
          point: points && {filled: true, size: 40, color: seriesColour(series)},
        },
        encoding: {x, y},
      })),
    ],
  };
  return renderSvg(spec, label);
}
