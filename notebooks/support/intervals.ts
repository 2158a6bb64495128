import {seriesColour} from '../../src/report/palette.ts';
import {type Picture, picture} from './picture.ts';

/** A Gaussian over one number. */
export interface Interval {
  readonly mean: number;
  readonly deviation: number;
}

/** Draws two standard deviations each way around every mean: a row for each name, in it a bar for each method. */
export function intervals(
  methods: Record<string, readonly Interval[]>,
  names: readonly string[],
  label: string,
): Promise<Picture> {
  const order = Object.keys(methods);
  const values = order.flatMap((method) =>
    (methods[method] ?? []).map(({mean, deviation}, i) => ({
      method,
      name: names[i] ?? '',
      mean,
      low: mean - 2 * deviation,
      high: mean + 2 * deviation,
    })),
  );
  const shared = {
    y: {field: 'name', type: 'nominal' as const, sort: [...names], title: null, axis: {grid: true, bandPosition: 0.5}},
    yOffset: {field: 'method', sort: order},
    color: {
      field: 'method',
      type: 'nominal' as const,
      title: null,
      scale: {domain: order, range: order.map((_, i) => seriesColour(i))},
    },
  };
  const x = {type: 'quantitative' as const, title: null, axis: {grid: false}};
  return picture(
    {
      width: 420,
      height: {step: 7},
      data: {values},
      layer: [
        {
          mark: {type: 'rule' as const, strokeWidth: 2},
          encoding: {...shared, x: {...x, field: 'low'}, x2: {field: 'high'}},
        },
        {mark: {type: 'point' as const, filled: true, size: 14}, encoding: {...shared, x: {...x, field: 'mean'}}},
      ],
    },
    label,
  );
}
