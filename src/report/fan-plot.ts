import type {TopLevelSpec} from 'vega-lite';
import type {FanExample} from '../evaluation/index.ts';
import {colour} from './palette.ts';
import {renderSvg} from './svg.ts';

/** Draws the central 50% and 90% intervals of predictions in the order of their means, with the targets. */
export function fanPlot(fan: readonly FanExample[], series: string, label: string): Promise<string> {
  const values = fan.map(({mean, target, half, wide}, position) => ({
    position,
    mean,
    target,
    low50: half[0],
    high50: half[1],
    low90: wide[0],
    high90: wide[1],
  }));
  const x = {
    field: 'position',
    type: 'quantitative' as const,
    title: 'By predicted mean',
    scale: {domain: [0, fan.length - 1], nice: false},
    axis: {labels: false, ticks: false, grid: false},
  };
  const y = {
    type: 'quantitative' as const,
    title: 'Target',
    scale: {zero: false},
    axis: {tickCount: 5},
  };
  const band = (level: 50 | 90, opacity: number) => ({
    mark: {type: 'area' as const, color: series, opacity},
    encoding: {x, y: {...y, field: `low${level}`}, y2: {field: `high${level}`}},
  });
  const spec: TopLevelSpec = {
    width: 360,
    height: 240,
    data: {values},
    layer: [
      band(90, 0.2),
      band(50, 0.35),
      {mark: {type: 'line' as const, color: series}, encoding: {x, y: {...y, field: 'mean'}}},
      {
        mark: {type: 'point' as const, filled: true, color: colour('ink'), size: 14, opacity: 0.8},
        encoding: {x, y: {...y, field: 'target'}},
      },
    ],
  };
  return renderSvg(spec, label);
}
