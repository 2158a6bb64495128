import type {TopLevelSpec} from 'vega-lite';
import type {RegressedExample} from '../evaluation/index.ts';
import {colour} from './palette.ts';
import {renderSvg} from './svg.ts';

/** Draws predicted means against targets, each with a bar of two standard deviations to either side. */
export function predictedActualPlot(
  sample: readonly RegressedExample[],
  series: string,
  label: string,
): Promise<string> {
  const values = sample.map(({target, mean, standardDeviation}) => ({
    target,
    mean,
    low: mean - 2 * standardDeviation,
    high: mean + 2 * standardDeviation,
  }));
  const ends = values.flatMap(({target, mean}) => [target, mean]);
  const diagonal = [Math.min(...ends), Math.max(...ends)].map((value) => ({target: value, mean: value}));
  const x = {
    field: 'target',
    type: 'quantitative' as const,
    title: 'Target',
    scale: {zero: false},
    axis: {tickCount: 5},
  };
  const y = {
    field: 'mean',
    type: 'quantitative' as const,
    title: 'Prediction',
    scale: {zero: false},
    axis: {tickCount: 5},
  };
  const spec: TopLevelSpec = {
    width: 240,
    height: 240,
    layer: [
      {
        data: {values},
        mark: {type: 'rule' as const, color: series, opacity: 0.22},
        encoding: {x, y: {...y, field: 'low'}, y2: {field: 'high'}},
      },
      {
        data: {values: diagonal},
        mark: {type: 'line' as const, color: colour('muted'), strokeDash: [3, 3], strokeWidth: 1.25},
        encoding: {x, y},
      },
      {
        data: {values},
        mark: {type: 'point' as const, filled: true, color: series, size: 18, opacity: 0.75},
        encoding: {x, y},
      },
    ],
  };
  return renderSvg(spec, label);
}
